"""Headers that every answer carries.

Source: OWASP Secure Headers Project. What the 3D viewer needs was found with model-viewer 4.4.0 in Chromium, where
tests/app/test_viewer.py reads the console: 'wasm-unsafe-eval' for the decoder of compressed geometry, blob: for the
textures that it takes out of a model, and the one style sheet that it writes into its own shadow tree, by its digest.
"""

from __future__ import annotations

from collections.abc import Mapping

from shop.config import Config

VIEWER_STYLE = "'sha256-PXtZZkJMMyc18o/DN1ZEFOJ2qEGq95IQbVaJFMOXOb0='"
POLICY = "; ".join([
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    f"style-src 'self' {VIEWER_STYLE}",
    "font-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
])  # fmt: skip
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
}


def standing_headers(config: Config) -> Mapping[str, str]:
    """Return what every answer carries that does not set its own: ``shop.web.observed`` adds them. Pure."""
    return {**HEADERS, "Content-Security-Policy": policy(config), "Cache-Control": "no-store"}


def policy(config: Config, uploads_to: str = "") -> str:
    """Return the policy of a page, which may send files to another origin too. Pure."""
    media = f"'self' blob: https://{config.cloudfront_domain}" if config.cloudfront_domain else "'self' blob:"
    more = (
        f"img-src {media}",
        f"connect-src {media} {uploads_to}".rstrip(),
        # A browser follows the answer to a form only to where forms may lead: github.com/w3c/webappsec-csp/issues/8
        f"form-action 'self' {config.payment_page_origin}",
    )
    return "; ".join((POLICY, *more))
