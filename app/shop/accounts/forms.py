"""What people may send about themselves, from forms and as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from shop.accounts.passwords import LONGEST
from shop.accounts.people import Address
from shop.pricing.countries import COUNTRIES
from shop.problems import Invalid

# What browsers take for an e-mail, with a dot in the host. Source: WHATWG HTML, "valid e-mail address"
LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
EMAIL = re.compile(rf"[a-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})+")
# Unicode's control characters, and its separators of lines and of paragraphs: the categories Cc, Zl and Zp.
SEPARATOR = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
MISTAKES = {
    "missing": "Please fill this in.",
    "string_too_short": "Please fill this in.",
    "string_too_long": "Please make this shorter.",
}
Form = TypeVar("Form", bound=BaseModel)


def _one_line(text: str) -> str:
    if SEPARATOR.search(text) is not None:
        raise PydanticCustomError("one_line", "Please write this in one line.")
    return text


def _email(text: str) -> str:
    if EMAIL.fullmatch(text.lower()) is None:
        raise PydanticCustomError("email", "Please write it like name@example.org.")
    return text.lower()


def _country(code: str) -> str:
    if code not in COUNTRIES:
        raise PydanticCustomError("country", "Please choose one of the countries that we deliver to.")
    return code


def _text(least: int, most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


OneLine = AfterValidator(_one_line)
# Source of the length: RFC 5321, section 4.5.3.1.3, less the angle brackets. The others are the tables'.
Email = Annotated[str, _text(1, 254), AfterValidator(_email), Field(json_schema_extra={"format": "email"})]
Password = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
Name = Annotated[str, _text(0, 120), OneLine]


class Sent(BaseModel):
    """What is sent: nothing but the fields, and no value of it in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SignInForm(Sent):
    """An e-mail and its password."""

    email: Email
    password: Password


class SignUpForm(Sent):
    """What a new account is made of."""

    email: Email
    password: Password
    name: Name = ""


class ProfileForm(Sent):
    """What people may change of their account. Their roles are not among it."""

    name: Name


class ForgottenForm(Sent):
    """Whose password was forgotten."""

    email: Email


class NewPasswordForm(Sent):
    """What a link to choose another password leads to."""

    link: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    password: Password


class PasswordForm(Sent):
    """A change of the password."""

    current_password: Password
    password: Password


class EraseForm(Sent):
    """The password, once more, before an account is deleted; empty where Cognito keeps it."""

    password: str = ""


class AddressForm(Sent):
    """Where parcels go."""

    name: Annotated[str, _text(1, 120), OneLine]
    street: Annotated[str, _text(1, 200), OneLine]
    extra: Annotated[str, _text(0, 200), OneLine] = ""
    postcode: Annotated[str, _text(1, 20), OneLine]
    city: Annotated[str, _text(1, 100), OneLine]
    country: Annotated[str, AfterValidator(_country), Field(json_schema_extra={"enum": sorted(COUNTRIES)})]

    def address(self, address_id: str = "") -> Address:
        """Return it as the shop keeps it. Pure."""
        return Address(
            id=address_id,
            name=self.name,
            street=self.street,
            extra=self.extra,
            postcode=self.postcode,
            city=self.city,
            country=self.country,
        )


def filled_in(form: type[Form], sent: Mapping[str, str]) -> Form:
    """Return what a page's form was filled in with; fields of others in it are left out.

    Raises: Invalid, with a sentence for each field.
    """
    try:
        return form.model_validate({name: sent[name] for name in form.model_fields if name in sent})
    except ValidationError as error:
        raise Invalid(errors=tuple(map(_sentence, error.errors()))) from None


def _sentence(mistake: ErrorDetails) -> str:
    return f"{mistake['loc'][0]}: {MISTAKES.get(mistake['type'], mistake['msg'])}"
