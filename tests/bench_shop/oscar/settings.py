"""django-oscar as its documentation sets it up, for production.

Sources: django-oscar's "Building your own shop" and "Deploying Oscar"; Django's "Deployment checklist". Nothing is
switched off that Oscar has on, and nothing is added that costs it time: it has no languages to choose from, and no
files of its own to serve. The search engine, which draws its lists, is the one of Oscar's sandbox.
"""

from __future__ import annotations

import os
from pathlib import Path

import oscar
from oscar.defaults import *  # noqa: F403 - the documented way to Oscar's defaults

HOME = Path(os.environ["PEER_HOME"])

DEBUG = False
SECRET_KEY = os.environ["PEER_SECRET_KEY"]
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench_shop.oscar.urls"
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

INSTALLED_APPS = [*oscar.INSTALLED_APPS, "sorl.thumbnail"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "oscar.apps.basket.middleware.BasketMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "oscar.apps.customer.auth_backends.EmailBackend",
    "django.contrib.auth.backends.ModelBackend",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,  # with the cached loader, which is Django's default
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "oscar.apps.search.context_processors.search_form",
                "oscar.apps.checkout.context_processors.checkout",
                "oscar.apps.communication.notifications.context_processors.notifications",
                "oscar.core.context_processors.metadata",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["PEER_DB_HOST"],
        "NAME": os.environ["PEER_DB_NAME"],
        "USER": os.environ["PEER_DB_USER"],
        "ATOMIC_REQUESTS": True,  # as Oscar recommends
        "CONN_MAX_AGE": None,  # a connection is kept as long as its thread
    }
}
# Oscar: nothing outperforms the process's own memory. The size is for every thumbnail; Django's default is too small.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 100_000}},
}
HAYSTACK_CONNECTIONS = {
    "default": {"ENGINE": "haystack.backends.whoosh_backend.WhooshEngine", "PATH": str(HOME / "index")},
}

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", "British English")]
TIME_ZONE = "UTC"
USE_TZ = True
OSCAR_DEFAULT_CURRENCY = "EUR"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = str(HOME / "media")
