using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>What an operator may ask of a running node, and the answers.</summary>
internal sealed class ControlDesk
{
    private readonly Serving _serving;
    private readonly ChainService _chain;
    private readonly Engine _engine;
    private readonly MoneyWatch _money;
    private readonly Readiness _readiness;

    public ControlDesk(Serving serving, ChainService chain, Engine engine, MoneyWatch money,
        Readiness readiness) =>
        (_serving, _chain, _engine, _money, _readiness) =
            (serving, chain, engine, money, readiness);

    /// <summary>Begins the orderly end.</summary>
    public required Action Drain { get; init; }

    /// <summary>Reads the configuration again; one line on what came of it.</summary>
    public required Func<string> Reload { get; init; }

    /// <summary>One line for one line.</summary>
    /// <exception cref="NodeException">Nothing of the kind can be asked.</exception>
    public async Task<string> AnswerAsync(
        string question, PeerCredential peer, CancellationToken cancel)
    {
        (string command, string argument) = Read(question);
        if (command is not ("status" or "outbox" or "due"))
        {
            // What only looks comes several times a second.
            _serving.Log.ControlAsked(peer.User, peer.Process, command, argument);
        }

        return command switch
        {
            "status" => Status(),
            "outbox" => Transactions(),
            "due" => await DueAsync(cancel).ConfigureAwait(false),
            "redeem" => await RedeemAsync(cancel).ConfigureAwait(false),
            "settle" => await new SettleDesk(_chain.Outbox, _serving.Domain)
                .AnswerAsync(argument, cancel).ConfigureAwait(false),
            "release" => await new SettleDesk(_chain.Outbox, _serving.Domain)
                .ReleaseAsync(argument, cancel).ConfigureAwait(false),
            "bump" or "cancel" => await new OutboxDesk(_chain.Outbox)
                .AnswerAsync(command, argument, cancel).ConfigureAwait(false),
            "drain" => Draining(),
            "reload" => ControlAnswer.Of(json => json.WriteString("reload", Reload())),
            "backup" => await BackupAsync(argument).ConfigureAwait(false),
            "write-off" => await WriteOffAsync(argument).ConfigureAwait(false),
            _ => throw new NodeException($"the node knows no question \"{command}\""),
        };
    }

    private static (string Command, string Argument) Read(string question)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(question);
            JsonElement root = document.RootElement;
            return (root.GetProperty("command").GetString() ?? "",
                root.TryGetProperty("argument", out JsonElement argument)
                    ? argument.GetString() ?? ""
                    : "");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException
            or KeyNotFoundException)
        {
            throw new NodeException("a question is an object with the text \"command\"", failure);
        }
    }

    private string Status()
    {
        MoneyFigures sums = _money.Count();
        LedgerLosses losses = _serving.Ledger.Losses;
        InputStore inputs = InputStore.Of(_serving.Ledger, _serving.Policy);
        return ControlAnswer.Of(json =>
        {
            json.WriteString("node", _readiness.Problem() is null ? "ready" : "not ready");
            json.WriteString("problem", _readiness.Problem() ?? _chain.Health.Problem);
            json.WriteNumber("ordersServed", _serving.Metrics.OrdersServed);
            json.WriteNumber("ordersInFlight", _engine.Pipeline.InFlight);
            json.WriteNumber("channels", _serving.Ledger.Channels().Count);
            json.Amount("headBlock", _chain.Mirror.Head?.Number);
            json.Amount("headAgeSeconds", _chain.Mirror.Head is { } head
                ? _serving.Now - Math.Min(_serving.Now, head.Timestamp)
                : null);
            json.Amount("finalityLagBlocks", _money.Seen?.FinalLag);
            json.WriteNumber("endpointsAlive", _chain.Health.EndpointsAlive);
            json.Amount("unitsUnredeemed", sums.Unredeemed);
            json.Amount("unredeemedAgeSeconds", sums.UnredeemedAge);
            json.Amount("unitsUnacked", sums.Unacked);
            json.Amount("unackedAgeSeconds", sums.UnackedAge);
            json.Amount("unitsLost", losses.LostUnits);
            json.WriteNumber("keysDenied", losses.DeniedKeys);
            json.WriteNumber("channelsThawing", sums.Thawing);
            json.Amount("unitsThawing", sums.ThawingUnits);
            json.Amount("thawSecondsLeft", sums.ThawSecondsLeft);
            json.WriteString("payer", _chain.Outbox.Account.ToString());
            json.Amount("gasBalanceWei", _money.Seen?.BalanceWei);
            json.Amount("redemptionsPayable", _money.RedemptionsPayable);
            json.Amount("feesPaidWei", _money.FeesPaid);
            json.WriteNumber("transactionsOpen", sums.OpenTransactions);
            json.Amount("oldestTransactionSeconds", sums.OldestTransaction);
            CourtFigures courts = _serving.Courts?.Figures ?? new(0, 0, null);
            json.WriteNumber("casesOpen", courts.Open);
            json.Amount("answerSecondsLeft", courts.SecondsLeft);
            json.WriteNumber("claimsPending", courts.ClaimsPending);
            json.WriteNumber("inputBytes", inputs.Kept);
            json.WriteNumber("inputBytesMax", inputs.Max);
            json.Amount("inputBytesADay", (UInt128?)inputs.ADay);
            json.Amount("inputDays", (UInt128?)inputs.Days);
            json.Amount("inputBytesOfOneKey", (UInt128?)inputs.OfOneKey);
            json.WriteNumber("inputBytesOfOneKeyMax", inputs.OfOneKeyMax);
            json.Amount("disputeUnits", _serving.Ledger.DisputeUnits);
            json.Amount("disputeUnitsMax", _serving.Pace.Bounds?.AllUnits);
            Exposure(json);
        });
    }

    /// <summary>Units of each class whose orders a court may still judge, and what they and the
    /// bond are worth.</summary>
    private void Exposure(Utf8JsonWriter json)
    {
        json.WriteStartArray("exposed");
        foreach ((Bytes32 id, UInt128 units) in _serving.Ledger.ExposedUnits)
        {
            json.WriteStartObject();
            json.WriteString("class", id.ToString());
            json.Amount("units", units);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("bonds");
        foreach (Stake stake in _money.Stakes())
        {
            json.WriteStartObject();
            json.WriteString("token", stake.Token.ToString());
            json.WriteString("court", stake.Court.ToString());
            json.WriteString("exposed", stake.Exposed.ToString());
            json.Amount("bond", stake.Bond?.Amount);
            json.Amount("exitAt", stake.Bond?.ExitAt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private string Transactions()
    {
        List<OutboxEntry> rows = [];
        foreach (OutboxEntry row in new LedgerOutboxStore(_serving.Ledger).List())
        {
            rows.Add(row with { Note = _chain.Outbox.NoteOf(row.Id) });
        }

        return ControlAnswer.Of(json => OutboxDesk.Rows(json, "transactions", rows));
    }

    private async Task<string> DueAsync(CancellationToken cancel)
    {
        IReadOnlyList<RedemptionDue> due = await _engine.BetweenStepsAsync(
            _ => Task.FromResult(_chain.Redeemer.Due())).WaitAsync(cancel).ConfigureAwait(false);
        UInt128 units = 0;
        foreach (RedemptionDue one in due)
        {
            units += one.Units;
        }

        return ControlAnswer.Of(json =>
        {
            json.Amount("units", units);
            json.WriteStartArray("due");
            foreach (RedemptionDue one in due)
            {
                json.WriteStartObject();
                json.WriteString("channel", one.Channel.Id.ToString());
                json.Amount("units", one.Units);
                json.WriteString("value", one.Value.ToString());
                json.WriteBoolean("urgent", one.IsUrgent);
                json.WriteBoolean("inFlight", one.InFlight);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>Puts everything that is due into the outbox; the pump carries it through.</summary>
    private async Task<string> RedeemAsync(CancellationToken cancel)
    {
        IReadOnlyList<OutboxEntry> submitted = await _engine
            .BetweenStepsAsync(stop => _chain.Redeemer.StepAsync(now: true, stop))
            .WaitAsync(cancel).ConfigureAwait(false);
        if (submitted.Count == 0 && _chain.Redeemer.Problem is { } problem)
        {
            throw new NodeException(problem);
        }

        return ControlAnswer.Of(json => OutboxDesk.Rows(json, "submitted", submitted));
    }

    private string Draining()
    {
        Drain();
        return ControlAnswer.Of(json =>
            json.WriteNumber("draining", _engine.Pipeline.InFlight));
    }

    private async Task<string> BackupAsync(string path)
    {
        ulong commit = await _serving.Ledger.BackupAsync(path).ConfigureAwait(false);
        return ControlAnswer.Of(json =>
        {
            json.WriteString("backup", path);
            json.Amount("commit", commit);
        });
    }

    private async Task<string> WriteOffAsync(string channel)
    {
        if (!Bytes32.TryParse(channel, out Bytes32 id))
        {
            throw new NodeException($"\"{channel}\" is no channel id (64 hexadecimal digits)");
        }

        UInt128 units = await _serving.Ledger.WriteOffAsync(id, _serving.Now)
            .ConfigureAwait(false);
        _serving.Log.WrittenOff(id, units);
        return ControlAnswer.Of(json =>
        {
            json.WriteString("channel", id.ToString());
            json.Amount("units", units);
        });
    }
}
