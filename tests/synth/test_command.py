"""`whispera synth`, `synth review` and `synth apply`, against a server of this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.synth.conftest import Whispera
from tests.synth.server import Reply, fault, paraphrases, says, serving
from whispera.catalog import load
from whispera.cli.faults import tell
from whispera.synth import reviewed
from whispera.synth.reviewed import Paraphrase, Reviewed

VOLUME = ("Whack it to {level}.", "loud at {level}", "set the volume to {level}", "peace!", "turn {x} up")
KEY = "sk-very-secret"


def page_of(config: Path) -> tuple[Path, Reviewed]:
    """The one reviewed file."""
    (path,) = (config / "local" / "synth").glob("*.yaml")
    return path, reviewed.read(path)


def write_page(config: Path, actions: dict[str, tuple[Paraphrase, ...]], name: str = "one") -> Path:
    path = config / "local" / "synth" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(reviewed.render(Reviewed("m", "http://127.0.0.1:1/v1", actions)), encoding="utf-8")
    return path


def test_paraphrases_are_judged_and_written_for_review(whispera: Whispera, config: Path) -> None:
    with serving([paraphrases(*VOLUME)]) as server:
        done = whispera("synth", "--endpoint", server.url, "--model", "Qwen/3 8B", "--action", "set_volume")
        (asked,) = server.asked
    assert done.code == 0
    path, page = page_of(config)
    assert path.name.endswith("-Qwen-3-8B.yaml")
    assert [(one.say, one.status) for one in page.actions["set_volume"]] == [
        ("whack it to {level}", "agreed"),
        ("loud at {level}", "undecided"),
        ("set the volume to {level}", "rejected"),
        ("peace", "rejected"),
        ("turn {x} up", "rejected"),
    ]
    assert "1 agreed, 1 undecided, 3 rejected" in done.out
    assert f"hint: whispera synth review {path}" in done.err
    assert f"asking {server.url}, on this machine" in done.err
    prompt = asked.body["messages"][-1]["content"]
    assert "Sets the volume." in prompt
    assert "- {level}: a percentage" in prompt
    assert "- set the volume to {level}" in prompt
    assert "- Turns the sound off." in prompt
    assert "crank it up to eighty" not in prompt  # held out
    assert asked.body["model"] == "Qwen/3 8B"


def test_nothing_is_asked_twice(whispera: Whispera, config: Path) -> None:
    with serving([paraphrases(*VOLUME)]) as server:
        words = ("synth", "--endpoint", server.url, "--model", "m", "--action", "set_volume", "--json")
        first, second = whispera(*words).json, whispera(*words).json
        assert (first["new"], first["requests"], first["kept"]) == (5, 1, 0)
        assert (second["new"], second["requests"], second["kept"]) == (0, 0, 1)
        third = whispera(*words, "--seed", "2").json
        assert (third["new"], third["requests"]) == (0, 1)
        assert len(server.asked) == 2
    assert first["agreed"] == second["agreed"] == 1


def test_what_another_file_holds_is_not_asked_about_again(whispera: Whispera, config: Path) -> None:
    write_page(config, {"set_volume": (Paraphrase("whack it to {level}", "rejected", "by a person"),)})
    with serving([paraphrases(*VOLUME[:2])]) as server:
        done = whispera("synth", "--endpoint", server.url, "--model", "m", "--action", "set_volume", "--json")
    assert done.json["new"] == 1


def test_more_than_a_portion_is_asked_in_several(whispera: Whispera) -> None:
    with serving([paraphrases("hush now"), paraphrases("not a sound")]) as server:
        words = ("synth", "--endpoint", server.url, "--model", "m", "--action", "mute", "-n", "30", "--json")
        assert whispera(*words).json["agreed"] == 2
        assert [one.body["seed"] for one in server.asked] == [1000, 1001]
        assert ["Write 20 new ways" in server.prompts[0], "Write 10 new ways" in server.prompts[1]] == [
            True
        ] * 2


def test_the_thinnest_actions_come_first(whispera: Whispera) -> None:
    with serving([paraphrases("hush now")]) as server:
        whispera("synth", "--endpoint", server.url, "--model", "m", "--thinnest", "1")
        assert ["The action: Cancels." in prompt for prompt in server.prompts] == [True]
        whispera("synth", "--endpoint", server.url, "--model", "m", "--all")
        assert len(server.asked) == 4


def test_the_endpoint_and_model_may_stand_in_settings_or_the_environment(
    whispera: Whispera, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Reply(json.dumps({"data": [{"id": "only"}]}))

    def answer(body: Any) -> Reply:
        return paraphrases("hush now") if body else models

    with serving(answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert whispera("synth", "--action", "mute").code == 0
        assert server.asked[-1].body["model"] == "only"
        settings = config / "local" / "settings.yaml"
        settings.write_text(f"synth: {{endpoint: '{server.url}', model: mine}}\n", encoding="utf-8")
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/")
        assert whispera("synth", "--action", "mute").code == 0
        assert server.asked[-1].body["model"] == "mine"


def test_several_models_are_listed(whispera: Whispera) -> None:
    with serving([Reply(json.dumps({"data": [{"id": "one"}, {"id": "two"}]}))]) as server:
        done = whispera("synth", "--endpoint", server.url, "--action", "mute")
    assert done.code == 2
    assert "has 2 models: one, two" in done.err
    assert "--model" in done.err


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ((), "no endpoint to ask", "--endpoint"),
        (("--endpoint", "https://api.openai.com/v1"), "is not this machine", "--remote-ok"),
        (("--endpoint", "localhost"), "is no address", "such as"),
        (("--endpoint", "http://127.0.0.1:1", "--action", "mut"), "no action named 'mut'", "mute"),
        (("--endpoint", "http://127.0.0.1:1", "--action", "mute", "--all"), "either --action", ""),
        (("--endpoint", "http://127.0.0.1:1", "--key-env", "NO_SUCH_KEY"), "holds no key", ""),
        (("--endpoint", "http://example.org", "--remote-ok", "--key-env", "PATH"), "unencrypted", "https"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    whispera: Whispera, config: Path, arguments: Sequence[str], message: str, hint: str
) -> None:
    done = whispera("synth", *arguments)
    assert done.code == 2
    assert message in done.err
    assert hint in done.err
    assert not (config / "local").exists()


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(whispera: Whispera) -> None:
    done = whispera("synth", "--endpoint", "https://example.org/v1", "--action", "set_volume", "--dry-run")
    assert done.code == 0
    assert "which is NOT this machine" in done.err
    assert "- {level}: a percentage" in done.out
    assert "Write 20 new ways" in done.out


def test_the_key_goes_where_it_was_meant_to_and_into_no_message(
    whispera: Whispera, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with serving([fault(401, f"wrong key {KEY}")]) as server:
        words = ("synth", "--endpoint", server.url, "--model", "m", "--action", "mute")
        assert whispera(*words).code == 1
        assert "Authorization" not in server.asked[-1].headers  # a local server was not meant
        done = whispera(*words, "--key-env", "OPENAI_API_KEY")
        assert server.asked[-1].headers["Authorization"] == f"Bearer {KEY}"
        assert "wrong key ..." in done.err
        file = tmp_path / "key"
        file.write_text(f"{KEY}\n")
        file.chmod(0o600)
        assert whispera(*words, "--key-file", str(file)).code == 1
        assert server.asked[-1].headers["Authorization"] == f"Bearer {KEY}"
        assert KEY not in done.err + done.out
    if os.name == "posix":
        file.chmod(0o640)
        done = whispera(*words, "--key-file", str(file))
        assert (done.code, "others can read the key" in done.err) == (2, True)
    file.chmod(0o600)
    file.write_text("sk bad key")
    assert "that is no key" in whispera(*words, "--key-file", str(file)).err
    assert not list(tmp_path.rglob("*.json"))


def test_trouble_is_outlasted_and_told(whispera: Whispera, config: Path) -> None:
    good = says('Of course!\n```json\n["hush now", "not a sound",]\n```')
    with serving([fault(429, "slow down"), Reply("{", 200), fault(500, "oops"), good]) as server:
        done = whispera("synth", "--endpoint", server.url, "--model", "m", "--action", "mute")
        assert len(server.asked) == 4
    assert done.code == 0
    assert "error 429: slow down; trying again" in done.err
    assert page_of(config)[1].counts()["agreed"] == 2


def test_an_action_without_an_answer_does_not_stop_the_others(whispera: Whispera, config: Path) -> None:
    def answer(body: Any) -> Reply:
        prompt = body["messages"][-1]["content"]
        return paraphrases("hush now") if "Turns the sound off" in prompt.split("\n")[0] else says("No.")

    with serving(answer) as server:
        words = ("synth", "--endpoint", server.url, "--model", "m", "--action", "cancel", "--action", "mute")
        done = whispera(*words)
        assert done.code == 1
        assert "cancel: m answers, but not with paraphrases" in done.err
        assert page_of(config)[1].actions["mute"][0].status == "agreed"
        count = len(server.asked)
        whispera(*words)
        assert len(server.asked) == count + 1  # the readable answer is kept, the other asked for again


def test_an_endpoint_that_is_not_there_ends_the_run(whispera: Whispera, config: Path) -> None:
    done = whispera("synth", "--endpoint", "http://127.0.0.1:9", "--model", "m", "--all")
    assert done.code == 1
    assert "nothing answers at http://127.0.0.1:9/v1" in done.err
    assert not list(config.rglob("local/synth/*.yaml"))


def test_an_interrupted_run_loses_nothing(whispera: Whispera, config: Path) -> None:
    stopped = []

    def answer(body: Any) -> Reply:
        if "Cancels" in body["messages"][-1]["content"].split("\n")[0] and not stopped:
            stopped.append(True)
            return fault(429, "slow down")
        return paraphrases("hush now")

    def stop(line: str, *, hint: str = "") -> None:
        if "trying again" in line:
            raise KeyboardInterrupt
        tell(line, hint=hint)

    with serving(answer) as server:
        words = ("synth", "--endpoint", server.url, "--model", "m", "--action", "mute", "--action", "cancel")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("whispera.cli.synth.tell", stop)
            done = whispera(*words)
        assert done.code == 130
        assert "goes on where it stopped" in done.err
        page = page_of(config)[1]
        assert page.actions["mute"][0].status == "agreed"
        before = len(server.asked)
        assert whispera(*words).code == 0
        assert len(server.asked) == before + 1
    assert set(page_of(config)[1].actions) == {"mute", "cancel"}


def test_a_page_of_another_model_is_left_alone(whispera: Whispera, config: Path) -> None:
    path = write_page(config, {})
    done = whispera("synth", "--endpoint", "http://127.0.0.1:1", "--model", "x", "--out", str(path))
    assert done.code == 2
    assert "holds paraphrases by m" in done.err


def test_options_before_a_subcommand_are_refused(whispera: Whispera, config: Path) -> None:
    path = write_page(config, {})
    done = whispera("synth", "--all", "review", str(path))
    assert done.code == 2
    assert "belong to whispera synth alone" in done.err


PAGE = {
    "set_volume": (
        Paraphrase("whack it to {level}", "agreed", "understood"),
        Paraphrase("loud at {level}", "undecided", "'loud at 3' is understood as: none"),
        Paraphrase("peace", "rejected", "no {level}"),
    ),
    "mute": (Paraphrase("hush now", "undecided", "x"), Paraphrase("shh", "agreed", "y")),
}


def statuses(path: Path) -> dict[str, str]:
    return {one.say: one.status for _, _, one in reviewed.read(path).lines()}


def test_a_person_decides(
    whispera: Whispera, config: Path, answers: Callable[[Sequence[str]], list[str]]
) -> None:
    path = write_page(config, PAGE)
    questions = answers(["?", "y", "n", "e", "hush (now", "e", "", "e", "hush [now]", "l"])
    done = whispera("synth", "review", str(path), "--json")
    assert done.code == 0
    assert statuses(path) == {
        "whack it to {level}": "accepted",
        "loud at {level}": "rejected",
        "peace": "rejected",
        "hush [now]": "accepted",
        "shh": "agreed",
    }
    assert done.json == {"agreed": 1, "undecided": 0, "accepted": 2, "rejected": 2}
    assert "1/4 set_volume: whack it to {level}" in done.err
    assert "'loud at 3' is understood as: none" in done.err
    assert "that is no pattern: '(' is never closed" in done.err
    assert "nothing was written" in done.err
    assert questions[0].startswith("[y]es, [n]o, [e]dit")
    assert f"hint: whispera synth apply {path}" in done.err


@pytest.mark.parametrize("end", ["q", "^C", ""])
def test_a_review_that_is_left_keeps_what_was_decided(
    whispera: Whispera, config: Path, answers: Callable[[Sequence[str]], list[str]], end: str
) -> None:
    path = write_page(config, PAGE)
    answers(["y", *([end] if end else [])])
    done = whispera("synth", "review", str(path))
    assert done.code == (130 if end == "^C" else 0)
    assert statuses(path)["whack it to {level}"] == "accepted"
    assert statuses(path)["loud at {level}"] == "undecided"


def test_scripts_accept_what_is_agreed(whispera: Whispera, config: Path) -> None:
    path = write_page(config, PAGE)
    assert whispera("synth", "review", str(path)).code == 5
    assert statuses(path)["shh"] == "agreed"
    done = whispera("synth", "review", str(path), "--accept-agreed", "--json")
    assert done.json == {"agreed": 0, "undecided": 2, "accepted": 2, "rejected": 1}


def test_what_is_accepted_becomes_patterns_that_copy_nothing(whispera: Whispera, config: Path) -> None:
    path = write_page(config, PAGE)
    whispera("synth", "review", str(path), "--accept-agreed")
    done = whispera("synth", "apply", str(path), "--json")
    folder = config / "local" / "actions" / "synth" / "one"
    assert done.json == {"folder": str(folder), "patterns": 2, "actions": {"set_volume": 1, "mute": 1}}
    assert "2 are not decided" in done.err
    assert "whispera regen && whispera train" in done.err
    assert sorted(one.name for one in folder.iterdir()) == ["mute.yaml", "set_volume.yaml"]
    assert not list(config.rglob(".*.new"))
    assert "extends: mute\n" in (folder / "mute.yaml").read_text()
    catalog = load(config, overlay=config / "local")
    assert catalog.actions["mute"].patterns == ("mute", "(be|stay) quiet", "shh")
    assert whispera("actions", "check", "--json").out.count("config/local") == 0


def test_applying_again_replaces_what_was_applied(whispera: Whispera, config: Path) -> None:
    path = write_page(config, {"mute": (Paraphrase("shh", "accepted"), Paraphrase("mute", "accepted"))})
    assert whispera("synth", "apply", str(path), "--json").json["patterns"] == 1
    other = write_page(config, {"mute": (Paraphrase("hush now", "accepted"),)}, name="two")
    whispera("synth", "apply", str(other))
    write_page(config, {"mute": (Paraphrase("quiet, you", "accepted"),)})
    whispera("synth", "apply", str(path))
    catalog = load(config, overlay=config / "local")
    assert catalog.actions["mute"].patterns[2:] == ("quiet, you", "hush now")
    write_page(config, {"mute": (Paraphrase("quiet, you", "rejected"),)})
    assert "nothing is accepted" in whispera("synth", "apply", str(path)).out
    assert load(config, overlay=config / "local").actions["mute"].patterns[2:] == ("hush now",)


@pytest.mark.parametrize(
    ("action", "say", "message"),
    [
        ("mute", "(shh", "that is no pattern"),
        ("mutes", "shh", "there is no action named 'mutes' here"),
        ("set_volume", "loud", "no {level}"),
        ("mute", "shh {level}", "mute has no slot 'level'"),
    ],
)
def test_what_cannot_be_applied_changes_nothing(
    whispera: Whispera, config: Path, action: str, say: str, message: str
) -> None:
    path = write_page(config, {"mute": (Paraphrase("shh", "accepted"),)})
    whispera("synth", "apply", str(path))
    write_page(config, {action: (Paraphrase(say, "accepted"),), "cancel": (Paraphrase("stop", "accepted"),)})
    done = whispera("synth", "apply", str(path))
    assert done.code == 2
    assert message in done.err
    assert f"actions.{action}[0]" in done.err
    assert load(config, overlay=config / "local").actions["mute"].patterns[2:] == ("shh",)


def test_a_missing_file_is_told(whispera: Whispera) -> None:
    for verb in ("review", "apply"):
        done = whispera("synth", verb, "nowhere.yaml")
        assert (done.code, "hint:" in done.err) == (2, True)
