using ComputeVoucher.Chain;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>Everything the node ever logs.</summary>
/// <remarks>Values are taken as objects, which they become in any case: a type of its own would
/// have code of its own in the binary.</remarks>
internal static partial class Log
{
    [LoggerMessage(LogEvents.Started, LogLevel.Information,
        "serving {Models} models for node {Node} on {Listen}, cpu path {Path}")]
    public static partial void Started(
        this ILogger log, object models, object node, string listen, string path);

    [LoggerMessage(LogEvents.Ready, LogLevel.Information, "ready")]
    public static partial void Ready(this ILogger log);

    [LoggerMessage(LogEvents.Draining, LogLevel.Information,
        "draining: {InFlight} orders in flight, {Ms} ms at most")]
    public static partial void Draining(this ILogger log, object inFlight, object ms);

    [LoggerMessage(LogEvents.Stopped, LogLevel.Information, "stopped after {Served} orders")]
    public static partial void Stopped(this ILogger log, object served);

    [LoggerMessage(LogEvents.ModelPinned, LogLevel.Information,
        "model {Root} from {File}, {Units} units a run")]
    public static partial void ModelPinned(
        this ILogger log, object root, string file, object units);

    [LoggerMessage(LogEvents.ClassPinned, LogLevel.Information, "class {Id} from {File}")]
    public static partial void ClassPinned(this ILogger log, object id, string file);

    [LoggerMessage(LogEvents.Recovered, LogLevel.Information,
        "ledger opened: {Channels} channels, {Unfinished} orders to finish, {Outbox} sent")]
    public static partial void Recovered(
        this ILogger log, object channels, object unfinished, object outbox);

    [LoggerMessage(LogEvents.BackendChosen, LogLevel.Information, "back-end {Reason}")]
    public static partial void BackendChosen(this ILogger log, string reason);

    [LoggerMessage(EventId = LogEvents.OrderRefused, Message =
        "order refused: {Number} {Reason}, channel {Channel} seq {Seq} ({Unsaid} more like it "
        + "since the last line)")]
    public static partial void OrderRefused(this ILogger log, LogLevel level, object number,
        string reason, object channel, object seq, object unsaid);

    [LoggerMessage(LogEvents.OrderFailed, LogLevel.Error, "order {OrderHash} failed: {Reason}")]
    public static partial void OrderFailed(this ILogger log, object orderHash, string reason);

    [LoggerMessage(LogEvents.OrderCancelled, LogLevel.Debug,
        "order {OrderHash} cancelled after {Steps} steps")]
    public static partial void OrderCancelled(this ILogger log, object orderHash, object steps);

    [LoggerMessage(LogEvents.ConflictKept, LogLevel.Warning,
        "two orders under one sequence: channel {Channel} seq {Seq}; the second is kept")]
    public static partial void ConflictKept(this ILogger log, object channel, object seq);

    [LoggerMessage(LogEvents.LedgerFailed, LogLevel.Critical,
        "ledger failed, no order is accepted any more: {Reason}")]
    public static partial void LedgerFailed(this ILogger log, string reason);

    [LoggerMessage(LogEvents.LedgerFull, LogLevel.Critical,
        "no order is accepted until there is room: {Reason}")]
    public static partial void LedgerFull(this ILogger log, string reason);

    [LoggerMessage(LogEvents.LedgerRoom, LogLevel.Warning,
        "the ledger can write again; {Orders} orders without a receipt run once more")]
    public static partial void LedgerRoom(this ILogger log, object orders);

    [LoggerMessage(LogEvents.LedgerUnsafe, LogLevel.Critical,
        "ledger:synchronous is OFF: a power cut loses acknowledged units (set it to FULL)")]
    public static partial void LedgerUnsafe(this ILogger log);

    [LoggerMessage(LogEvents.LedgerNotice, LogLevel.Warning, "{Notice}")]
    public static partial void LedgerNotice(this ILogger log, string notice);

    [LoggerMessage(LogEvents.LossBooked, LogLevel.Warning,
        "{Units} units were served and never acknowledged: booked as lost, their keys are refused "
        + "until they acknowledge")]
    public static partial void LossBooked(this ILogger log, object units);

    [LoggerMessage(LogEvents.LedgerBehind, LogLevel.Error,
        "channel {Channel}: {Redeemed} units are redeemed on the chain, the newest acknowledgement "
        + "here is {Acked}: an older ledger, or a second node with this key (stop one; clients "
        + "bring the acknowledgements back)")]
    public static partial void LedgerBehind(
        this ILogger log, object channel, object redeemed, object acked);

    [LoggerMessage(LogEvents.WrittenOff, LogLevel.Warning,
        "written off by the operator: {Units} unacknowledged units of channel {Channel}")]
    public static partial void WrittenOff(this ILogger log, object channel, object units);

    [LoggerMessage(EventId = LogEvents.RequestRefused, Message =
        "request refused: {Number} {Reason} ({Unsaid} more like it since the last line)")]
    public static partial void RequestRefused(
        this ILogger log, LogLevel level, object number, string reason, object unsaid);

    [LoggerMessage(LogEvents.ChainAway, LogLevel.Warning,
        "no orders are taken: {Reason}")]
    public static partial void ChainAway(this ILogger log, string reason);

    [LoggerMessage(LogEvents.ChainTrouble, LogLevel.Warning,
        "orders are taken, but something is wrong: {Reason}")]
    public static partial void ChainTrouble(this ILogger log, string reason);

    [LoggerMessage(LogEvents.ChainBack, LogLevel.Information,
        "chain and transactions are well again at block {Block}")]
    public static partial void ChainBack(this ILogger log, object block);

    [LoggerMessage(LogEvents.ChainNotice, LogLevel.Warning, "chain: {Notice}")]
    public static partial void ChainNotice(this ILogger log, string notice);

    [LoggerMessage(LogEvents.ThawSeen, LogLevel.Warning,
        "channel {Channel} thaws at {ThawAt} ({ThawDate}): redeeming what is acknowledged")]
    public static partial void ThawSeen(
        this ILogger log, object channel, object thawAt, string thawDate);

    [LoggerMessage(LogEvents.ChannelClosed, LogLevel.Information,
        "channel {Channel} is closed, {Redeemed} units were redeemed")]
    public static partial void ChannelClosed(
        this ILogger log, object channel, object redeemed);

    [LoggerMessage(LogEvents.ChannelSeen, LogLevel.Information,
        "channel {Channel} holds {Locked} units, {Redeemed} redeemed")]
    public static partial void ChannelSeen(
        this ILogger log, object channel, object locked, object redeemed);

    [LoggerMessage(LogEvents.BatchSubmitted, LogLevel.Information,
        "{Kind} put in the outbox as {Id}")]
    public static partial void BatchSubmitted(this ILogger log, string kind, object id);

    [LoggerMessage(LogEvents.FeeDecided, LogLevel.Information, "signed: {Decision}")]
    public static partial void FeeDecided(this ILogger log, FeeDecision decision);

    [LoggerMessage(LogEvents.HeldBack, LogLevel.Information, "not worth its gas now: {Reason}")]
    public static partial void HeldBack(this ILogger log, string reason);

    [LoggerMessage(LogEvents.TransactionMoved, LogLevel.Information,
        "transaction {Id} ({Kind}) is {State}, {Outcome}")]
    public static partial void TransactionMoved(
        this ILogger log, object id, string kind, string state, string outcome);

    [LoggerMessage(LogEvents.DisputeMoved, LogLevel.Information,
        "dispute {Id}: {State} answered, in the outbox")]
    public static partial void DisputeMoved(this ILogger log, object id, string state);

    [LoggerMessage(LogEvents.DisputeUrgent, LogLevel.Critical,
        "dispute {Id} about order {OrderHash}: {Left} s left to answer, then the bond is lost "
        + "(see status and outbox; the account needs gas, the node its model and its ledger)")]
    public static partial void DisputeUrgent(
        this ILogger log, object id, object orderHash, object left);

    [LoggerMessage(LogEvents.DisputeStuck, LogLevel.Error,
        "dispute {Id} cannot be answered: {Reason}")]
    public static partial void DisputeStuck(this ILogger log, object id, string reason);

    [LoggerMessage(LogEvents.DisputeEnded, LogLevel.Warning, "dispute {Id} is over: {Verdict}")]
    public static partial void DisputeEnded(this ILogger log, object id, string verdict);

    [LoggerMessage(LogEvents.DemandAnswered, LogLevel.Information,
        "demand for channel {Channel} seq {Seq} answered, in the outbox")]
    public static partial void DemandAnswered(this ILogger log, object channel, object seq);

    [LoggerMessage(LogEvents.DemandUrgent, LogLevel.Critical,
        "demand for channel {Channel} seq {Seq}: {Left} s left to answer, then a fifth of the bond "
        + "is lost (see status and outbox)")]
    public static partial void DemandUrgent(
        this ILogger log, object channel, object seq, object left);

    [LoggerMessage(LogEvents.DemandStuck, LogLevel.Error,
        "demand for channel {Channel} seq {Seq} cannot be answered: {Reason}")]
    public static partial void DemandStuck(
        this ILogger log, object channel, object seq, string reason);

    [LoggerMessage(LogEvents.Claimed, LogLevel.Information,
        "claim for channel {Channel} in the outbox: {Orders} orders, {Units} units")]
    public static partial void Claimed(
        this ILogger log, object channel, object orders, object units);

    [LoggerMessage(LogEvents.CourtAway, LogLevel.Warning,
        "what is open before the courts is not known: {Reason}")]
    public static partial void CourtAway(this ILogger log, string reason);

    [LoggerMessage(LogEvents.HealthFailed, LogLevel.Warning, "health endpoint: {Reason}")]
    public static partial void HealthFailed(this ILogger log, string reason);

    [LoggerMessage(LogEvents.ControlAsked, LogLevel.Information,
        "operator {User} (process {Process}): {Command} {Argument}")]
    public static partial void ControlAsked(
        this ILogger log, object user, object process, string command, string argument);

    [LoggerMessage(LogEvents.ControlAbsent, LogLevel.Warning,
        "no control socket, the node can be stopped by signals alone: {Reason}")]
    public static partial void ControlAbsent(this ILogger log, string reason);

    [LoggerMessage(LogEvents.UnexpectedFailure, LogLevel.Error, "unexpected in {Where}: {Reason}")]
    public static partial void UnexpectedFailure(this ILogger log, string where, string reason);
}
