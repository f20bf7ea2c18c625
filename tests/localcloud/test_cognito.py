"""The shop signs people in by a user pool of the local cloud, with the code that it has for AWS's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import urllib3

from localcloud.client import LocalCloud
from shop.accounts.cognito import CALLBACK, Cognito, Departure, open_cognito
from shop.accounts.people import Role
from shop.config import Config
from shop.problems import Forbidden, SignInNeeded

REGION = "eu-central-1"
SHOP = "http://shop.test"
PASSWORD = "A few words in a row, 1"  # noqa: S105 - it opens an account of this test only


@dataclass(frozen=True, slots=True)
class UserPool:
    """A user pool of which ada@example.com is a member, in the group ``catalogue``."""

    cloud: LocalCloud
    identity: Any
    id: str

    def client(self, *, has_secret: bool = False) -> Mapping[str, str]:
        """The shop, as the pool knows it."""
        made: Mapping[str, str] = self.identity.create_user_pool_client(
            UserPoolId=self.id, ClientName="shop", GenerateSecret=has_secret, CallbackURLs=[SHOP + CALLBACK],
            AllowedOAuthFlows=["code"], AllowedOAuthScopes=["openid", "email", "profile"],
            AllowedOAuthFlowsUserPoolClient=True, SupportedIdentityProviders=["COGNITO"],
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        )["UserPoolClient"]  # fmt: skip
        return made

    def opened_for(self, client: Mapping[str, str]) -> Cognito:
        """The shop's sign-in by this pool, with settings as on AWS and the local cloud's address."""
        cognito = open_cognito(Config.from_environment({
            "AWS_REGION": REGION, "AWS_ENDPOINT_URL": self.cloud.endpoint, "PUBLIC_URL": SHOP,
            "SECRET_KEY": "a secret of this test, which opens nothing", "MAIL_FROM": "shop@shop.test",
            "DB_HOST": "/nowhere", "DB_USER": "shop", "DB_PASSWORD": "opens nothing",
            "COGNITO_USER_POOL_ID": self.id, "COGNITO_CLIENT_ID": client["ClientId"],
            "COGNITO_CLIENT_SECRET": client.get("ClientSecret", ""),
        }))  # fmt: skip
        assert cognito is not None
        return cognito


@pytest.fixture(scope="module")
def pool(shared_cloud: LocalCloud) -> UserPool:
    identity = shared_cloud.client("cognito-idp", REGION)
    pool_id = identity.create_user_pool(PoolName="shop")["UserPool"]["Id"]
    attributes = [{"Name": "email", "Value": "ada@example.com"}, {"Name": "email_verified", "Value": "true"},
                  {"Name": "name", "Value": "Ada"}]  # fmt: skip
    identity.admin_create_user(UserPoolId=pool_id, Username="ada", UserAttributes=attributes)
    identity.admin_set_user_password(UserPoolId=pool_id, Username="ada", Password=PASSWORD, Permanent=True)
    identity.create_group(UserPoolId=pool_id, GroupName="catalogue")
    identity.admin_add_user_to_group(UserPoolId=pool_id, Username="ada", GroupName="catalogue")
    return UserPool(shared_cloud, identity, pool_id)


def sign_in(departure: Departure) -> Mapping[str, str]:
    """Fill in the form of the pool's page as a browser does, and return what it brings back to the shop."""
    http = urllib3.PoolManager()
    page = http.request("GET", departure.url).data.decode()
    (action,) = re.findall(r'<form[^>]* action="([^"]+)"', page)
    fields = dict(re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', page))
    answer = http.request("POST", urljoin(departure.url, action), redirect=False, encode_multipart=False,
                          fields={**fields, "username": "ada", "password": PASSWORD})  # fmt: skip
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == SHOP + CALLBACK
    return {name: values[0] for name, values in parse_qs(location.query).items()}


@pytest.mark.parametrize("has_secret", [False, True])
def test_a_person_signs_in_by_the_pool_s_page_and_arrives_with_address_name_and_role(
    pool: UserPool, has_secret: bool
) -> None:
    cognito = pool.opened_for(pool.client(has_secret=has_secret))
    departure = cognito.depart("/account")
    brought = sign_in(departure)
    arrival = cognito.arrive(departure.ticket, brought["state"], brought["code"])
    assert arrival.next == "/account"
    assert (arrival.person.email, arrival.person.name) == ("ada@example.com", "Ada")
    assert arrival.person.roles == {Role.CATALOGUE}
    with pytest.raises(Forbidden):  # a code counts once
        cognito.arrive(departure.ticket, brought["state"], brought["code"])


def test_a_code_that_another_browser_got_is_refused_for_its_verifier(pool: UserPool) -> None:
    cognito = pool.opened_for(pool.client())
    stolen = sign_in(cognito.depart("/"))
    departure = cognito.depart("/")
    own = sign_in(departure)
    with pytest.raises(Forbidden):
        cognito.arrive(departure.ticket, own["state"], stolen["code"])


def test_a_program_comes_with_the_pool_s_access_token_and_not_with_another(pool: UserPool) -> None:
    client = pool.client()
    cognito = pool.opened_for(client)
    tokens = pool.identity.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
    )["AuthenticationResult"]  # fmt: skip
    assert cognito.bearer(tokens["AccessToken"]).roles == {Role.CATALOGUE}
    for wrong in (tokens["IdToken"], tokens["AccessToken"][:-40] + "A" * 40):
        with pytest.raises(SignInNeeded):
            cognito.bearer(wrong)
