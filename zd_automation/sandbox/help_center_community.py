"""The community: topics, posts, their comments and votes, stored and served plainly."""

from __future__ import annotations

from flask import Blueprint, Response, request

from zd_automation.sandbox.account import Account
from zd_automation.sandbox.help_center_base import page
from zd_automation.sandbox.help_center_parts import signed_in, store, with_url
from zd_automation.sandbox.resources import CrudResource, Resource, add_crud
from zd_automation.sandbox.store import Doc
from zd_automation.sandbox.web import blank, caller, json_body, no_content, not_found, reply, wrapped


def add_routes(api: Blueprint, account: Account) -> None:
    """Add /community."""
    topics = add_crud(api, CrudResource(account, _TOPICS))
    posts = add_crud(api, CrudResource(account, _POSTS))
    _add_lists(api, account, topics, posts)
    _add_comments(api, account, posts)
    _add_votes(api, account, "posts/<int:post>", "Post")
    _add_votes(api, account, "posts/<int:post>/comments/<int:comment>", "PostComment")
    for kind, crud in (("topics", topics), ("posts", posts)):
        _add_subscriptions(api, account, kind, crud)


def _add_lists(api: Blueprint, account: Account, topics: CrudResource, posts: CrudResource) -> None:
    @api.get("/community/topics/<int:key>/posts")
    def posts_in(key: int) -> Response:
        topics.find(key)
        return posts.page(posts.docs.by("topic_id", key))

    @api.get("/community/users/<int:key>/posts")
    def posts_by(key: int) -> Response:
        return posts.page(posts.docs.by("author_id", key))

    @api.get("/community/users/<int:key>/comments")
    def comments_by(key: int) -> Response:
        found = account.store.collection("community_comments").by("author_id", key)
        return page(found, "comments", with_url(account, "community/comments"))


def _add_comments(api: Blueprint, account: Account, posts: CrudResource) -> None:
    comments = account.store.collection("community_comments")
    present = with_url(account, "community/comments")

    @api.get("/community/posts/<int:post>/comments")
    def index(post: int) -> Response:
        posts.find(post)
        return page(comments.by("post_id", post), "comments", present)

    @api.post("/community/posts/<int:post>/comments")
    def create(post: int) -> Response:
        posts.find(post)
        user, values = signed_in(), wrapped("comment")
        if not values.get("body"):
            raise blank("body")
        author = values.get("author_id") or user["id"]
        official = {"official": False, "vote_sum": 0, "vote_count": 0}
        doc = store(account, "community_comments", post_id=post, author_id=author, body=values["body"], **official)
        return reply({"comment": present(doc)}, 201)

    @api.route("/community/posts/<int:post>/comments/<int:key>", methods=["GET", "PUT", "DELETE"])
    def one(post: int, key: int) -> Response:
        doc = comments.get(key)
        return _changed(account, doc if doc is not None and doc["post_id"] == post else not_found())


def _changed(account: Account, doc: Doc) -> Response:
    comments = account.store.collection("community_comments")
    if request.method == "DELETE":
        signed_in()
        comments.delete(doc["id"])
        return no_content()
    if request.method == "PUT":
        signed_in()
        body = wrapped("comment").get("body", doc["body"])
        doc = comments.save({**doc, "body": body, "updated_at": account.clock.iso()})
    return reply({"comment": with_url(account, "community/comments")(doc)})


def _add_votes(api: Blueprint, account: Account, path: str, item_type: str) -> None:
    votes = account.store.collection("hc_votes")
    kind = "community_posts" if item_type == "Post" else "community_comments"
    present = with_url(account, "votes")

    def target(post: int, comment: int) -> Doc:
        return account.store.collection(kind).get(comment or post) or not_found()

    def on(key: int) -> list[Doc]:
        return [vote for vote in votes.by("item_id", key) if vote["item_type"] == item_type]

    def cast(value: int, post: int, comment: int) -> Response:
        voter, item = signed_in(), target(post, comment)
        mine = [vote for vote in on(item["id"]) if vote["user_id"] == voter["id"]]
        if mine:
            vote = votes.save({**mine[0], "value": value})
        else:
            about = {"user_id": voter["id"], "item_id": item["id"], "item_type": item_type}
            vote = store(account, "hc_votes", value=value, **about)
        values = [each["value"] for each in on(item["id"])]
        account.store.collection(kind).save({**item, "vote_sum": sum(values), "vote_count": len(values)})
        return reply({"vote": present(vote)})

    def up(post: int, comment: int = 0) -> Response:
        return cast(1, post, comment)

    def down(post: int, comment: int = 0) -> Response:
        return cast(-1, post, comment)

    def index(post: int, comment: int = 0) -> Response:
        return page(on(target(post, comment)["id"]), "votes", present)

    name = f"community_{item_type.lower()}"
    api.add_url_rule(f"/community/{path}/up", f"{name}_up", up, methods=["POST"])
    api.add_url_rule(f"/community/{path}/down", f"{name}_down", down, methods=["POST"])
    api.add_url_rule(f"/community/{path}/votes", f"{name}_votes", index, methods=["GET"])


def _add_subscriptions(api: Blueprint, account: Account, kind: str, crud: CrudResource) -> None:
    subscriptions = account.store.collection("hc_subscriptions")
    content_type = crud.resource.singular.capitalize()
    present = with_url(account, f"community/{kind}/subscriptions")

    def index(key: int) -> Response:
        crud.find(key)
        found = [doc for doc in subscriptions.by("content_id", key) if doc["content_type"] == content_type]
        return page(found, "subscriptions", present)

    def create(key: int) -> Response:
        crud.find(key)
        user = signed_in()
        values = json_body().get("subscription") or {}
        include = bool(values.get("include_comments"))
        about = {"content_id": key, "content_type": content_type, "user_id": values.get("user_id") or user["id"]}
        doc = store(account, "hc_subscriptions", **about, locale=values.get("locale"), include_comments=include)
        return reply({"subscription": present(doc)}, 201)

    def delete(key: int, subscription: int) -> Response:
        signed_in()
        found = subscriptions.get(subscription)
        if found is None or found["content_id"] != key:
            not_found()
        subscriptions.delete(subscription)
        return no_content()

    path = f"/community/{kind}/<int:key>/subscriptions"
    api.add_url_rule(path, f"community_{kind}_subscriptions", index, methods=["GET"])
    api.add_url_rule(path, f"community_{kind}_subscribe", create, methods=["POST"])
    api.add_url_rule(f"{path}/<int:subscription>", f"community_{kind}_unsubscribe", delete, methods=["DELETE"])


def _prepare_post(account: Account, new: Doc, old: Doc | None) -> None:
    if old is None:
        new["author_id"] = new.get("author_id") or caller().get("id")
    new["html_url"] = f"{account.base_url}/hc/en-us/community/posts/{new['id']}"


def _prepare_topic(account: Account, new: Doc, _old: Doc | None) -> None:
    new["html_url"] = f"{account.base_url}/hc/en-us/community/topics/{new['id']}"


_TOPICS = Resource(
    kind="community_topics",
    singular="topic",
    plural="topics",
    path="community/topics",
    required=("name",),
    defaults={
        "description": None,
        "position": 0,
        "follower_count": 0,
        "community_id": 1,
        "manageable_by": "managers",
        "user_segment_id": None,
    },
    prepare=_prepare_topic,
    bulk=False,
)
_POSTS = Resource(
    kind="community_posts",
    singular="post",
    plural="posts",
    path="community/posts",
    required=("title",),
    defaults={
        "details": None,
        "author_id": None,
        "topic_id": None,
        "pinned": False,
        "featured": False,
        "closed": False,
        "status": "none",
        "vote_sum": 0,
        "vote_count": 0,
        "comment_count": 0,
        "follower_count": 0,
    },
    prepare=_prepare_post,
    write_role="anyone",
    bulk=False,
)
