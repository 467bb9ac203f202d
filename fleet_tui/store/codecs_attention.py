"""Who deals with what, and what was told to whom, to rows and back."""

from fleet_tui.domain.acknowledgement import Acknowledgement, Dealt
from fleet_tui.domain.attention import Severity
from fleet_tui.domain.notice import ChannelStatus, Notice
from fleet_tui.store.codecs import Cells, Row, moment, opt_moment, opt_us, plain, text, us


def acknowledgement_row(ack: Acknowledgement) -> Row:
    """In the order of `schema.ACKNOWLEDGEMENT`."""
    return (
        text(ack.cause),
        ack.dealt.value,
        text(ack.by),
        us(ack.at),
        opt_us(ack.until),
        ack.severity.value,
        ack.size,
        opt_us(ack.since),
        ack.times,
        text(ack.why),
    )


def acknowledgement_of(row: Cells) -> Acknowledgement:
    """From the columns of `schema.ACKNOWLEDGEMENT`, in that order."""
    cause, dealt, by, at, until, severity, size, since, times, why = row
    return Acknowledgement(
        cause=plain(cause),
        dealt=Dealt(dealt),
        by=plain(by),
        at=moment(at),
        until=opt_moment(until),
        severity=Severity(severity),
        size=size,
        since=opt_moment(since),
        times=times,
        why=plain(why),
    )


def channel_row(status: ChannelStatus) -> Row:
    """In the order of `schema.CHANNEL`."""
    return (
        text(status.name),
        opt_us(status.last_try_at),
        opt_us(status.last_ok_at),
        opt_us(status.failing_since),
        status.failures,
        text(status.text),
        status.told,
        int(status.gone),
    )


def channel_of(row: Cells) -> ChannelStatus:
    """From the columns of `schema.CHANNEL`, in that order."""
    name, last_try_at, last_ok_at, since, failures, words, told, gone = row
    return ChannelStatus(
        name=plain(name),
        last_try_at=opt_moment(last_try_at),
        last_ok_at=opt_moment(last_ok_at),
        failing_since=opt_moment(since),
        failures=failures,
        text=plain(words),
        told=told,
        gone=bool(gone),
    )


def notice_row(notice: Notice) -> Row:
    """In the order of `schema.NOTICE`."""
    return text(notice.channel), text(notice.cause), us(notice.at), notice.severity.value, opt_us(notice.since)


def notice_of(row: Cells) -> Notice:
    """From the columns of `schema.NOTICE`, in that order."""
    channel, cause, at, severity, since = row
    return Notice(
        channel=plain(channel), cause=plain(cause), at=moment(at), severity=Severity(severity), since=opt_moment(since)
    )
