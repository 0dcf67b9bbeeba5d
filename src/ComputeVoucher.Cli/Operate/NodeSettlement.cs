using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Ledger;
using ComputeVoucher.Node;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>provider settle</c> beside a node that sends from the same account: the node's
/// outbox numbers, signs and replaces it, here it is waited for.</summary>
internal sealed class NodeSettlement
{
    private const string Step = "settle";

    /// <summary>Between two looks at the node's outbox.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    /// <summary>What the node may take to give a row back when this command ends: it may be in the
    /// middle of a call to its endpoint.</summary>
    private static readonly TimeSpan s_returnWithin = ChainLimits.RequestDeadline;

    private readonly ChainSession _chain;
    private readonly NodeConfiguration _configuration;
    private readonly long _id;
    private Bytes32? _sent;
    private string? _said;

    private NodeSettlement(ChainSession chain, NodeConfiguration configuration, long id) =>
        (_chain, _configuration, _id) = (chain, configuration, id);

    /// <summary>Hands the settlement to the node, and waits until it is as deep in the chain as
    /// wanted.</summary>
    /// <returns>False where no node runs, or sends from another account: then nothing was handed
    /// over.</returns>
    /// <exception cref="ChainException">It was refused, and takes no effect.</exception>
    /// <exception cref="OutcomeUnknownException">It was sent, and then time or patience ran out.
    /// </exception>
    /// <exception cref="NodeException">The node does not take it.</exception>
    public static async Task<bool> TryAsync(ChainSession chain, NodeConfiguration configuration,
        Address token, Address to, CancellationToken cancel)
    {
        SettleOrder order = new(
            chain.Deployment.Domain.VouchersSeparator, chain.Account, token, to);
        if (await HandOverAsync(configuration, order, cancel).ConfigureAwait(false)
            is not { } taken)
        {
            return false;
        }

        if (taken.TryGetProperty("payer", out JsonElement payer))
        {
            chain.Rules.Say($"{Step}: the node sends from {payer.GetString()}, not from "
                + $"{chain.Account}; sent without it (one queue for both: name this key as "
                + "redeem:key)");
            return false;
        }

        long id = taken.GetProperty("submitted")[0].GetProperty("id").GetInt64();
        NodeSettlement settlement = new(chain, configuration, id);
        try
        {
            await settlement.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException stopped)
        {
            throw await settlement.InterruptedAsync(stopped).ConfigureAwait(false);
        }

        return true;
    }

    private static async Task<JsonElement?> HandOverAsync(
        NodeConfiguration configuration, SettleOrder order, CancellationToken cancel)
    {
        try
        {
            return await ControlClient
                .AskAsync(configuration.Options.Ledger, "settle", order.ToString(), cancel)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException stopped)
        {
            throw new CommandException($"{Step}: interrupted while the node was asked; it may have "
                + "taken it (see: computevoucher outbox)", stopped);
        }
    }

    private async Task WaitAsync(CancellationToken cancel)
    {
        while (true)
        {
            JsonElement row = await RowAsync(cancel).ConfigureAwait(false);
            Tell(row);
            if (StateOf(row) == nameof(OutboxState.Abandoned))
            {
                throw new ChainException(ChainFault.Reverted, $"{Step}: refused, nothing was sent: "
                    + (NoteOf(row) ?? "the node's operator cancelled it"));
            }

            if (await IsDeepAsync(row, cancel).ConfigureAwait(false))
            {
                if (row.GetProperty("outcome").GetString() == nameof(OutboxOutcome.Succeeded))
                {
                    _chain.NoteDone(Step, _sent!.Value);
                    return;
                }

                throw new ChainException(ChainFault.Reverted, $"{Step}: reverted in block "
                    + $"{row.GetProperty("block").GetUInt64()}, {_sent}; only its gas was paid");
            }

            if (_chain.Elapsed >= _chain.Rules.Timeout)
            {
                throw await TimedOutAsync(row).ConfigureAwait(false);
            }

            await Task.Delay(s_poll, cancel).ConfigureAwait(false);
        }
    }

    /// <exception cref="CommandException">The node ended, or has the row no more.</exception>
    private async Task<JsonElement> RowAsync(CancellationToken cancel)
    {
        List<JsonElement>? rows = await RunningNode
            .RowsAsync(_configuration, new HashSet<long> { _id }, cancel).ConfigureAwait(false);
        return rows switch
        {
            null => throw Ended(),
            [] => throw new CommandException($"{Step}: the node's outbox does not list {_id} any "
                + "more (look up what was earned: computevoucher provider status)"),
            _ => rows[0],
        };
    }

    /// <summary>What the node has stored it sends when it runs again.</summary>
    private Exception Ended() => _sent is Bytes32 sent
        ? new OutcomeUnknownException($"{Step}: the node ended; {sent} is on its way, and stays in "
            + $"its outbox as {_id}", sent)
        : new CommandException($"{Step}: the node ended; the request stays in its outbox as "
            + $"{_id} and is sent when it runs again");

    /// <summary>Every attempt as soon as it is signed, and what it waits for, once each.</summary>
    private void Tell(JsonElement row)
    {
        Bytes32? hash = HashOf(row);
        if (hash is Bytes32 sent && hash != _sent)
        {
            _chain.Rules.Say($"{Step} {sent}: waiting for a block");
        }

        _sent = hash;
        if (NoteOf(row) is { } note && note != _said && StateOf(row)
            != nameof(OutboxState.Abandoned))
        {
            _said = note;
            _chain.Rules.Say($"{Step}: {note}");
        }
    }

    private async Task<bool> IsDeepAsync(JsonElement row, CancellationToken cancel)
    {
        if (StateOf(row) is not (nameof(OutboxState.Mined) or nameof(OutboxState.Final)))
        {
            return false;
        }

        ulong block = row.GetProperty("block").GetUInt64();
        ulong newest = await _chain.Rpc.BlockNumberAsync(cancel).ConfigureAwait(false);
        return newest >= block && newest - block + 1 >= _chain.Rules.Confirmations;
    }

    private async Task<Exception> TimedOutAsync(JsonElement row)
    {
        string waited = string.Create(CultureInfo.InvariantCulture,
            $"after {_chain.Rules.Timeout.TotalSeconds:0} s: ")
            + (NoteOf(row) ?? "no block has taken it");
        if (await ReturnedAsync().ConfigureAwait(false))
        {
            return new ChainException(
                ChainFault.TimedOut, $"{Step}: nothing was sent {waited}");
        }

        Bytes32 sent = _sent!.Value;
        return new OutcomeUnknownException(StateOf(row) == nameof(OutboxState.Mined)
            ? $"{Step}: {sent} is in block {row.GetProperty("block").GetUInt64()}, not yet "
                + $"{_chain.Rules.Confirmations} blocks deep {waited}"
            : $"{Step}: sent as {sent}, outcome unknown {waited}; the node goes on with it", sent);
    }

    private async Task<Exception> InterruptedAsync(OperationCanceledException stopped) =>
        await ReturnedAsync().ConfigureAwait(false)
            ? stopped
            : new OutcomeUnknownException($"{Step}: interrupted; {_sent} is on its way, and the "
                + "node goes on with it", _sent!.Value, stopped);

    /// <summary>Takes the request back. False where something is signed: then
    /// <see cref="_sent"/> names it.</summary>
    private async Task<bool> ReturnedAsync()
    {
        using CancellationTokenSource timer = new(s_returnWithin);
        try
        {
            if (_sent is null)
            {
                JsonElement? answer = await ControlClient.AskAsync(
                    _configuration.Options.Ledger, "cancel",
                    _id.ToString(CultureInfo.InvariantCulture), timer.Token).ConfigureAwait(false);
                return answer is not null ? true : throw Ended();
            }
        }
        catch (NodeException)
        {
            // Signed since the last look, or ended.
            Tell(await RowAsync(timer.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            throw new CommandException($"{Step}: the node does not answer; the request stays in "
                + $"its outbox as {_id} (computevoucher outbox cancel {_id})");
        }

        return _sent is null;
    }

    private static string? StateOf(JsonElement row) => row.GetProperty("state").GetString();

    private static string? NoteOf(JsonElement row) => row.GetProperty("note").GetString();

    /// <summary>The newest attempt; null while nothing is signed.</summary>
    private static Bytes32? HashOf(JsonElement row) =>
        row.GetProperty("attempts").GetInt32() > 0
            ? Bytes32.Parse(row.GetProperty("hash").GetString())
            : null;
}
