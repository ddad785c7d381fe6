"""As much English as the decoys need: which templates are plain imperatives, and their verbs' other forms."""

from __future__ import annotations

import re

from generator.wordlist import pairs
from generator.wordlist import words as words_of

PAST = pairs(
    """
    activate:activated add:added bookmark:bookmarked boot:booted brighten:brightened bring:brought
    bump:bumped calculate:calculated cancel:cancelled change:changed check:checked clear:cleared
    clone:cloned close:closed commit:committed copy:copied create:created crank:cranked cut:cut
    deactivate:deactivated decrease:decreased delete:deleted dim:dimmed disable:disabled
    discard:discarded draft:drafted drop:dropped duplicate:duplicated email:emailed empty:emptied
    enable:enabled end:ended enlarge:enlarged exit:exited find:found fire:fired focus:focused get:got
    go:went google:googled grab:grabbed halt:halted hide:hid highlight:highlighted hit:hit hop:hopped
    increase:increased install:installed jot:jotted jump:jumped kick:kicked kill:killed launch:launched
    leave:left load:loaded lock:locked log:logged lower:lowered magnify:magnified make:made
    maximise:maximised maximize:maximized minimise:minimised minimize:minimized move:moved mute:muted
    nudge:nudged open:opened paste:pasted pause:paused play:played pop:popped power:powered
    press:pressed print:printed pull:pulled push:pushed put:put quit:quit raise:raised reboot:rebooted
    record:recorded redo:redid reduce:reduced refresh:refreshed reload:reloaded remove:removed
    reopen:reopened reset:reset restart:restarted restore:restored resume:resumed run:ran save:saved
    scroll:scrolled search:searched select:selected send:sent set:set show:showed shrink:shrank
    shut:shut sign:signed silence:silenced skip:skipped snap:snapped stage:staged start:started
    stash:stashed stop:stopped suspend:suspended switch:switched take:took terminate:terminated
    toggle:toggled turn:turned type:typed undo:undid unmute:unmuted unpause:unpaused write:wrote
    zoom:zoomed
    """
)
"""Verbs that a plain imperative starts with, and their past."""

OTHER_VERBS = frozenset(
    words_of(
        """
        set jot note look read tell give list say search put bring keep carry continue begin dock stick
        throw fetch enter push hold finish flip slide pin cycle back speak tap time ring wake remind
        compute work evaluate spin display view compose visit browse navigate step switch
        """
    )
)
"""More of them, used in sequences only."""

_WORD = re.compile(r"[a-z']+")
_BREAKS = re.compile(r"[,;:?!\"]|\.\.\.|\.$|\\")
_TALK = frozenset(
    words_of(
        """
        i i'm i'd i've i'll you your please pls dear love mate thanks ta kindly would could can um uh er
        well like just actually no not don't it's that's there's we we're let's he she they who why what
        what's because if so when while before after then and but or already too either also
        """
    )
)
_PERSONAL = frozenset(words_of("me us myself"))
_DOUBLED = frozenset(
    words_of(
        """
        set get cut hit put run stop shut quit skip drop snap hop log jot dim zip pop reset
        """
    )
)


def words(text: str) -> list[str]:
    """The lower-case words of a text."""
    return _WORD.findall(text.lower())


def is_imperative(template: str, *, personal: bool = False) -> bool:
    """Whether a template is one plain instruction ("close the {target} window") and nothing else.

    `personal` allows "me" ("show me the log"), which reads wrongly once somebody else says it.
    """
    if _BREAKS.search(template):
        return False
    said = words(re.sub(r"\{[^}]*\}", " ", template))
    if not said or len(said) > 9:
        return False
    first = template.split()[0].strip("([").lower()
    if first not in PAST and not (personal and first in OTHER_VERBS) and first != "git":
        return False
    rest = set(said)
    return not rest & _TALK and (personal or not rest & _PERSONAL)


def starts_with_verb(text: str) -> bool:
    """Whether a command may stand after "could you"."""
    first = text.partition(" ")[0].strip(",.?!").lower()
    return first in PAST or first in OTHER_VERBS


def past(command: str) -> str | None:
    """The command as something done ("closed the tab"); None where its verb is unknown."""
    verb, _, rest = command.partition(" ")
    done = PAST.get(verb.lower())
    return None if done is None else f"{done} {rest}".strip()


def gerund(verb: str) -> str:
    """The -ing form of a verb."""
    if verb in _DOUBLED:
        return verb + verb[-1] + "ing"
    if verb.endswith("e") and not verb.endswith(("ee", "oe")):
        return verb[:-1] + "ing"
    return verb + "ing"
