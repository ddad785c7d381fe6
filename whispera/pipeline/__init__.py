"""From an intent to what happens: lookup, resolver, policy, runner, built-ins."""
