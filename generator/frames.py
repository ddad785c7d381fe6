"""The sentences decoys are made of: a command stands at {x}, somebody's name at {p}."""

from __future__ import annotations

from generator.wordlist import lines

NEGATED = lines(
    """
    don't {x}
    do not {x}
    please don't {x}
    don't {x} yet
    don't you dare {x}
    whatever you do, don't {x}
    no need to {x}
    you don't have to {x}
    please do not {x} yet
    never {x} without asking me
    don't {x}, I'm still using it
    you mustn't {x}
    we shouldn't {x} just yet
    don't {x} until I say so
    I never said to {x}
    wait, don't {x}
    I don't want you to {x}
    not yet, don't {x}
    """
)
"""Not to be done; with {x} an instruction ("close the tab")."""

ADDRESSED = lines(
    """
    {p}, {x}
    {p}, would you {x}
    {p}, can you {x}
    {p}, could you {x} please
    {x}, {p}
    {p}, please {x}
    can you {x}, {p}
    could you {x} for me, {p}
    {p} can you {x}
    hey {p}, {x}
    tell {p} to {x}
    ask {p} to {x}
    {p}, don't forget to {x}
    hey {p}, did you {x}
    {p} wants to {x}
    let {p} {x}
    {p}, I think you should {x}
    would you mind helping {p} {x}
    {p}, it's your turn to {x}
    ask {p} if he can {x}
    {p} you need to {x}
    no {p}, you {x} first
    if you {x}, {p}, I can see it too
    {p} please {x} when you get a chance
    """
)
"""To or about somebody else."""

REPORTED = lines(
    """
    she told me to {x}
    he said to {x}
    they asked me to {x} but I didn't
    he told us to {x} and wait
    I was told to {x}
    my sister keeps telling me to {x}
    the teacher said we should {x}
    the manual says to {x}
    I forgot to {x} again
    you have to {x} first, he said
    I wish I could {x}
    he wanted to {x} but it broke
    I used to {x} all the time
    she asked if she could {x}
    the man on the phone made me {x} twice
    I'm not allowed to {x} at work
    they always {x} when I'm not looking
    I was about to {x} when it crashed
    we had to {x} every morning at my old job
    apparently you're supposed to {x}
    I remember when you had to {x}
    I tried to {x} yesterday
    the trick is to {x} twice
    it took me an hour to {x}
    I hate having to {x}
    my dad doesn't know how to {x}
    it's funny how people always {x}
    step two is to {x}, it says here
    """
)
"""Told, wished, remembered; with {x} an instruction."""

DONE = lines(
    """
    I already {x}
    I {x} already
    I {x} this morning
    he {x} and nobody noticed
    she {x} yesterday
    we {x} last week
    somebody {x} while I was out
    they {x} by accident
    I {x} and nothing happened
    my cat {x} again
    you {x} twice
    I thought I {x}
    he {x} in the middle of the call
    did you see that she {x}
    as soon as I {x} it crashed
    who {x}
    the last time I {x} it took ages
    I think Tom {x}
    I {x} but it still looks the same
    it {x} by itself
    after I {x} everything was gone
    I only {x} because you asked
    the intern {x} and then left
    """
)
"""Done already; with {x} in the past ("closed the tab")."""

QUESTIONS = lines(
    """
    how do I {x}
    how do you {x}
    how can I {x}
    what happens if I {x}
    why should I {x}
    is it safe to {x}
    when should I {x}
    should I {x}
    should I {x} after the update
    do I have to {x}
    is there a shortcut to {x}
    does it matter if I {x}
    is it a good idea to {x}
    why does it crash when I {x}
    who told you to {x}
    how long does it take to {x}
    what does it mean to {x}
    how often should I {x}
    why can't I {x}
    did you {x}
    do you know how to {x}
    will it break if I {x}
    where do I click to {x}
    was I supposed to {x}
    how does one {x}
    can anybody explain how to {x}
    why would anyone {x}
    is it possible to {x} on a phone
    did anyone {x}
    does it cost anything to {x}
    what's the point if I {x}
    what's the best way to {x} on a mac
    what's the key to {x}
    """
)
"""Asked about; with {x} an instruction."""

ABOUT_TOOLS = lines(
    """
    what does {x} do
    what does {x} actually mean
    what is {x} for
    is {x} dangerous
    when would I use {x}
    can somebody explain {x} to me
    {x} never works for me
    I always mix up {x} and the other one
    why is {x} so slow
    is there an alternative to {x}
    I read an article about {x}
    {x} took forever yesterday
    what's wrong with {x}
    """
)
"""About a command as a thing ("git stash")."""
