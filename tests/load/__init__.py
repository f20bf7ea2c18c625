"""Shoppers as a load: for people by ``make load-shop``, for drills as a function (``load.run``)."""
