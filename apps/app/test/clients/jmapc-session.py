"""A session of jmapc with the server at sys.argv[1], as me@example.test."""
import json
import os
import sys
import threading

from jmapc import (
    Address, Client, Comparator, Email, EmailAddress, EmailBodyPart,
    EmailBodyValue, EmailHeader, EmailQueryFilterCondition, EmailSubmission,
    Envelope, MailboxQueryFilterCondition, Ref,
)
from jmapc.methods import (
    EmailGet, EmailQuery, EmailSet, EmailSubmissionSet, IdentityGet,
    MailboxGet, MailboxQuery,
)



def log_in():
    return Client.create_with_password(
        host=sys.argv[1],
        user="me@example.test",
        password=os.environ["GATEPOST_PASSWORD"],
    )


client, other = log_in(), log_in()


def mailbox(role):
    results = client.request(
        [
            MailboxQuery(filter=MailboxQueryFilterCondition(role=role)),
            MailboxGet(ids=Ref("/ids")),
        ],
        raise_errors=True,
    )
    return results[1].response.data[0].id


inbox, drafts, sent = mailbox("inbox"), mailbox("drafts"), mailbox("sent")
results = client.request(
    [
        EmailQuery(
            filter=EmailQueryFilterCondition(in_mailbox=inbox),
            sort=[Comparator(property="receivedAt", is_ascending=False)],
        ),
        EmailGet(ids=Ref("/ids"), properties=["id", "subject", "keywords"]),
    ],
    raise_errors=True,
)
emails = results[1].response.data
client.request(
    EmailSet(update={emails[0].id: {"keywords/$seen": True}}), raise_errors=True
)


def change_until(heard):
    """Events tell of what happens while somebody listens."""
    is_set = True
    while not heard.wait(0.1):
        change = {"keywords/heard": True if is_set else None}
        other.request(EmailSet(update={emails[1].id: change}), raise_errors=True)
        is_set = not is_set


heard = threading.Event()
changer = threading.Thread(target=change_until, args=[heard], daemon=True)
changer.start()
try:
    event = next(iter(client.events))
finally:
    heard.set()
    changer.join()

identity = client.request(IdentityGet(), raise_errors=True).data[0]
email = Email(
    mail_from=[EmailAddress(name="Me", email="me@example.test")],
    to=[EmailAddress(email="you@example.test")],
    subject="sent by jmapc",
    keywords={"$draft": True},
    mailbox_ids={drafts: True},
    body_values={"b": EmailBodyValue(value="na\u00efve")},
    text_body=[EmailBodyPart(part_id="b", type="text/plain")],
    headers=[EmailHeader(name="X-Session", value="jmapc")],
)
results = client.request(
    [
        EmailSet(create={"draft": email}),
        EmailSubmissionSet(
            create={
                "send": EmailSubmission(
                    email_id="#draft",
                    identity_id=identity.id,
                    envelope=Envelope(
                        mail_from=Address(email="me@example.test"),
                        rcpt_to=[Address(email="you@example.test")],
                    ),
                )
            },
            on_success_update_email={
                "#send": {
                    "keywords/$draft": None,
                    f"mailboxIds/{drafts}": None,
                    f"mailboxIds/{sent}": True,
                }
            },
        ),
    ],
    raise_errors=True,
)
created = results[1].response.created or {}
print(
    json.dumps(
        {
            "subjects": [one.subject for one in emails],
            "sent": len(created),
            "event": "state" if event.data.changed else "",
        }
    )
)
