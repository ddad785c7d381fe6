"""The process that stays: models loaded once, a socket for typed text, ears for spoken commands."""
