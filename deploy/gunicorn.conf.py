"""Gunicorn for the receiver: one process, a few threads, and nothing about requests in its log."""

import os

bind = os.environ.get("ZD_BIND", "0.0.0.0:8080")
# One process: the inbox on SQLite has one writer, and eight threads answer hundreds of deliveries a second.
workers = 1
worker_class = "gthread"
threads = 8
# Zendesk gives up after 10 to 12 s (platform page, 4.4); slow senders must not hold a thread longer than that.
timeout = 30
# The whole process ends within ten seconds, its own way out included: what hangs longer is taken up after the restart.
graceful_timeout = 6
keepalive = 15
limit_request_line = 2048
limit_request_fields = 50
limit_request_field_size = 4096
accesslog = None
loglevel = "warning"
