"""Spoken and typed sums with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import expression

READ = [
    ("seven minus three", "7-3"), ("twenty percent of 85", "20/100*85"),
    ("square root of 144", "sqrt(144)"), ("two to the power of ten", "2^10"), ("18 times 27", "18*27"),
    ("12 x 8", "12*8"), ("half of 90", "90/2"), ("a third of 60", "60/3"),
    ("three quarters of 80", "3/4*80"), ("subtract 7 from 20", "20-7"), ("add 3 and 4", "3+4"),
    ("divide 100 by 4", "100/4"), ("100 divided by 4", "100/4"), ("5 squared", "5^2"),
    ("3 cubed", "3^3"), ("the sum of 4 and 9", "4+9"), ("15% of 240", "15/100*240"),
    ("remainder of 17 divided by 5", "17%5"), ("17 mod 5", "17%5"), ("17%5", "17%5"), ("17 % 5", "17%5"),
    ("2 plus 3 times 4", "2+3*4"), ("3*(4+5)", "3*(4+5)"), ("1,250 plus 1", "1250+1"),
    ("two thousand and six minus one", "2006-1"), ("-5+3", "-5+3"), ("minus five plus twelve", "-5+12"),
    ("3 - 4", "3-4"), ("7-3", "7-3"), ("7–3", "7-3"), ("2^10", "2^10"), ("2**10", "2^10"), ("5²", "5^2"),
    ("√16", "sqrt(16)"), ("sqrt(16)+2", "sqrt(16)+2"), ("10÷2", "10/2"), ("10×2", "10*2"),
    ("2+2=", "2+2"), ("85 plus 20%", "85+20/100*85"), ("85 minus 20 percent", "85-20/100*85"),
    ("20% off 85", "85-20/100*85"), ("multiply 6 by 7", "6*7"), ("twice 350", "2*350"),
    ("the product of 3 and 4", "3*4"), ("difference between 9 and 4", "9-4"),
    ("the average of 4 and 6", "(4+6)/2"), ("cube root of 27", "27^(1/3)"),
    ("half of the sum of 4 and 6", "(4+6)/2"), ("3 plus 4 all times 2", "(3+4)*2"),
    ("3 plus 4 then times 2", "(3+4)*2"), ("add 5 and 6 and then divide by 2", "(5+6)/2"),
    ("10 minus 2 minus 3", "10-2-3"), ("a hundred divided by half of 20", "100/(20/2)"),
    ("three squared plus four squared", "3^2+4^2"), ("seven and a half times 2", "7.5*2"),
    ("a hundred and forty four divided by twelve", "144/12"), ("five and seven", "5+7"),
    ("2 to the fifth", "2^5"), ("2 to the 5th power", "2^5"), ("two to the tenth power", "2^10"),
    ("2 to the power 8", "2^8"), ("a dozen times 12", "12*12"),
    ("1.5 million divided by 3", "1500000/3"), ("two million times 3", "2000000*3"),
    ("zero point five times 8", "0.5*8"), ("point five times 8", "0.5*8"),
    ("20 dollars plus 5 dollars", "20+5"), ("$20 + $5", "20+5"), ("(2+3)*(4-1)", "(2+3)*(4-1)"),
    ("2(3+4)", "2*(3+4)"), ("1/2 of 90", "1/2*90"), ("8 divided by 2 times 4", "8/2*4"),
    ("take 5 from 12", "12-5"), ("take 5 away from 12", "12-5"), ("12 take away 5", "12-5"),
    ("five less two", "5-2"), ("12 over 4", "12/4"), ("3 times negative 2", "3*-2"), ("3 * -2", "3*-2"),
    ("double 35", "2*35"), ("one half of 30", "30/2"), ("two thirds of 90", "2/3*90"),
    ("a quarter of three hundred", "300/4"), ("365 x 24 x 60", "365*24*60"),
    ("twenty-five times four", "25*4"), ("forty-two minus seven", "42-7"), ("12x8", "12*8"),
    ("nine hundred ninety nine plus one", "999+1"), ("the square root of 9 plus 16", "sqrt(9)+16"),
    ("square root of 2 times 3", "sqrt(2)*3"), ("ten percent of 50 plus 3", "10/100*50+3"),
    ("2 plus 10% of 50", "2+10/100*50"), ("3 multiplied by 4", "3*4"),
    ("3 times 4 divided by 2", "3*4/2"), ("100 - 37.5", "100-37.5"), ("6 by 7", "6*7"),
    ("eight squared minus 3", "8^2-3"), ("5 percent of 1,000", "5/100*1000"),
    ("12 per cent of 50", "12/100*50"), ("one plus one", "1+1"), ("1+1", "1+1"), ("1 + 1 + 1", "1+1+1"),
    ("nineteen eighty four minus four", "1984-4"), ("4 times 4 point 5", "4*4.5"),
    ("33 plus 44 plus 55", "33+44+55"), ("the sum of 1, 2 and 3", "1+2+3"),
    ("sum of 10 and 20 and 30", "10+20+30"), ("add 10 percent to 80", "80+10/100*80"),
    ("square of 5", "5^2"), ("the remainder when 17 is divided by 5", "17%5"),
    ("multiply 3 and 4", "3*4"), ("subtract 3 point 5 from 10", "10-3.5"),
    ("7 subtracted from 20", "20-7"), ("5 added to 6", "5+6"), ("one thousand times 1000", "1000*1000"),
    ("(((1+2)))", "(((1+2)))"), ("12 percent times 50", "12/100*50"),
    ("fifty times 12 percent", "50*12/100"), ("half 90", "90/2"), ("nine minus two point five", "9-2.5"),
    ("64 plus 29", "64+29"),
]  # fmt: skip

NONE = [
    "5", "five", "twenty percent", "what's 2 plus 2", "2 plus", "plus 2", "2 plus 2 please",
    "2 plus 2 and", "one two three", "6 into 7", "7 times 8 plus", "10 factorial", "((1+2)", "1+2)",
    "45 minutes", "7:30", "ten minutes plus", "8 to 5", "half past 6", "1 000 + 5",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_expression_is_read_and_fits(words: str, value: object) -> None:
    assert expression.parse(words) == value
    assert expression.fits(words)
    assert expression.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_expression_refuses_what_is_none(words: str) -> None:
    assert expression.parse(words) is None
    assert not expression.fits(words)
