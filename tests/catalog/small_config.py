"""A small configuration that tests may spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FILES = {
    "order.yaml": "sound: [set_volume, mute]\nsettings: [set_setting]\nassistant: [cancel, sequence, none]\n",
    "actions/sound/set_volume.yaml": """\
action: set_volume
group: sound
summary: Sets the volume.
slots: {level: percent}
patterns:
  - "set the volume to {level}"
  - "volume {level=50|half}"
examples:
  - {say: "crank it up to eighty", level: 80}
not:
  - {say: "mute it", is: mute}
run:
  linux: [pactl, set-sink-volume, "@DEFAULT_SINK@", "{level}%"]
  macos: [osascript, -e, "set volume output volume {level}"]
  windows:
    - {argv: [nircmd, setsysvolume, "{level}"], needs: [nircmd], timeout_s: 5}
    - {sorry: "There is no volume command here."}
undo: set_volume(level=@before)
probe: {linux: [pactl, get-sink-volume], pattern: '(\\d+)%'}
risk: harmless
""",
    "actions/sound/mute.yaml": """\
action: mute
group: sound
summary: Turns the sound off.
patterns: [mute, "(be|stay) quiet"]
run: {any: {keys: mute}}
""",
    "actions/settings/set_setting.yaml": """\
action: set_setting
group: settings
summary: Switches a setting.
slots: {state: state, note?: text}
fill: {note: [songs]}
patterns:
  - "turn wifi {state=on|on}"
  - "wifi {state=off|} please"
  - "turn it {state=on} for {note}"
examples:
  - {say: "wifi on", state: on}
defaults: {note: nothing}
run:
  linux:
    - {argv: [nmcli, radio, wifi, "{state}"], when: {state: [on, off]}}
  any: {builtin: clock.time}
risk: disruptive
""",
    "actions/assistant/cancel.yaml": """\
action: cancel
group: assistant
summary: Cancels.
patterns: [never mind]
run: {any: {builtin: assistant.cancel}}
""",
    "slots/state.yaml": "enum: state\nwords: {on: [on, back on], off: [off]}\n",
    "slots/songs.yaml": """\
fill: songs
type: text
values: [yesterday, 1999]
held_out: [tomorrow]
invent: 0.25
""",
    "slots/lists.yaml": "lists:\n  please: [please, if you would]\n",
    "slots/forms.yaml": "forms:\n  percent:\n    - {said: half, is: 50}\n",
    "slots/none.yaml": "kinds:\n  chat: [hello there]\nexamples: [good morning]\n",
    "slots/noise.yaml": "fillers: [um, uh]\nshare: 0.5\nflags: {on: off}\n",
    "compound.yaml": """\
joins: ["{a} and {b}"]
say:
  - {text: "mute and never mind", steps: [{action: mute}, {action: cancel}]}
not: ["mute and deaf"]
""",
    "lookup/apps.yaml": """\
chrome:
  also: [google chrome]
  linux: [google-chrome, chromium]
  macos: Google Chrome
  process: {linux: chrome, windows: chrome.exe}
""",
    "lookup/folders.yaml": 'downloads: {also: [download], any: "@DOWNLOAD"}\n',
    "lookup/sites.yaml": "github: {also: [git hub], url: github.com}\n",
    "lookup/engines.yaml": 'youtube: {url: "https://www.youtube.com/results?search_query={query}"}\n',
    "settings.yaml": "confidence: {harmless: 0.4}\nhistory: {keep: 10}\n",
}

Write = Callable[..., Path]


def spoil(name: str, old: str, new: str) -> dict[str, str | None]:
    """One file of the configuration with a part replaced."""
    assert old in FILES[name]
    return {name: FILES[name].replace(old, new, 1)}
