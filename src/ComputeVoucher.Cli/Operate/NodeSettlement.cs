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

/// <summary>The transactions of <c>provider settle</c> beside a node that sends from the same
/// account: the node's outbox numbers, signs and replaces them, here they are waited for.
/// </summary>
internal sealed class NodeSettlement
{
    /// <summary>Between two looks at the node's outbox.</summary>
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    private readonly ChainSession _chain;
    private readonly string _step;
    private readonly string _ledger;
    private readonly string _id;
    private readonly bool _isOurs;
    private Bytes32? _sent;
    private string? _note;
    private string? _said;

    /// <param name="chain">What is known of the chain, and how long is waited.</param>
    /// <param name="step">What it does, a word.</param>
    /// <param name="ledger">Of the node.</param>
    /// <param name="id">Of its outbox's row.</param>
    /// <param name="isOurs">This command made it, and no other that may wait for it.</param>
    private NodeSettlement(
        ChainSession chain, string step, string ledger, long id, bool isOurs)
    {
        (_chain, _step, _ledger, _isOurs) = (chain, step, ledger, isOurs);
        _id = id.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Hands the settlement to the node, and waits until it is as deep in the chain as
    /// wanted.</summary>
    /// <returns>False where no node runs, or sends from another account: then nothing was handed
    /// over.</returns>
    /// <exception cref="ChainException">It was refused, and takes no effect.</exception>
    /// <exception cref="OutcomeUnknownException">It was sent, and then time or patience ran out.
    /// </exception>
    /// <exception cref="NodeException">The node does not take it.</exception>
    public static Task<bool> TryAsync(ChainSession chain, NodeConfiguration configuration,
        Address token, Address to, CancellationToken cancel) => TryAsync(
            chain, configuration, "settle", new SettleOrder(
                chain.Deployment.Domain.VouchersSeparator, chain.Account, token, to).ToString(),
            cancel);

    /// <summary>The same with a release of matured batches, 1 to
    /// <see cref="ChainLimits.ReleaseBatchesMax"/>.</summary>
    public static Task<bool> TryReleaseAsync(ChainSession chain, NodeConfiguration configuration,
        IReadOnlyList<ulong> batches, CancellationToken cancel) => TryAsync(
            chain, configuration, "release", new ReleaseOrder(
                chain.Deployment.Domain.VouchersSeparator, chain.Account, batches).ToString(),
            cancel);

    private static async Task<bool> TryAsync(ChainSession chain, NodeConfiguration configuration,
        string step, string order, CancellationToken cancel)
    {
        string ledger = configuration.Options.Ledger;
        JsonElement? answer;
        try
        {
            answer = await ControlClient.AskAsync(ledger, step, order, cancel)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException stopped)
        {
            throw new CommandException($"{step}: interrupted while the node was asked; it may have "
                + "taken it (see: computevoucher outbox)", stopped);
        }

        if (answer is not { } taken)
        {
            return false;
        }

        if (taken.TryGetProperty("payer", out JsonElement payer))
        {
            chain.Rules.Say($"{step}: the node sends from {payer.GetString()}, not from "
                + $"{chain.Account}; sent without it (one queue for both: name this key as "
                + "redeem:key)");
            return false;
        }

        long id = taken.GetProperty("submitted")[0].GetProperty("id").GetInt64();
        bool isOurs = taken.GetProperty("isNew").GetBoolean();
        await new NodeSettlement(chain, step, ledger, id, isOurs).WaitAsync(cancel)
            .ConfigureAwait(false);
        return true;
    }

    private async Task WaitAsync(CancellationToken cancel)
    {
        OperationCanceledException? stopped = null;
        JsonElement row = default;
        try
        {
            do
            {
                row = Found(await ControlClient.AskAsync(_ledger, "outbox", "", cancel)
                    .ConfigureAwait(false));
                if (StateOf(row) is nameof(OutboxState.Mined) or nameof(OutboxState.Final)
                    && IsDeep(row, await _chain.Rpc.BlockNumberAsync(cancel).ConfigureAwait(false)))
                {
                    Conclude(row);
                    return;
                }

                await Task.Delay(s_poll, cancel).ConfigureAwait(false);
            }
            while (_chain.Elapsed < _chain.Rules.Timeout);
        }
        catch (OperationCanceledException interrupted)
        {
            stopped = interrupted;
        }

        if (_sent is null && !_isOurs)
        {
            throw new CommandException($"{_step}: nothing was sent {Waited}; an earlier command "
                + $"asked for it, and it stays in the node's outbox as {_id}", stopped);
        }

        if (_sent is null && await IsTakenBackAsync().ConfigureAwait(false))
        {
            throw stopped ?? (Exception)new ChainException(
                ChainFault.TimedOut, $"{_step}: nothing was sent {Waited}");
        }

        throw Unknown(row, stopped);
    }

    /// <summary>What became of it: mined as deep as wanted.</summary>
    private void Conclude(JsonElement row)
    {
        if (row.GetProperty("outcome").GetString() != nameof(OutboxOutcome.Succeeded))
        {
            throw new ChainException(ChainFault.Reverted, $"{_step}: reverted in block "
                + $"{BlockOf(row)}, {_sent}; only its gas was paid");
        }

        _chain.NoteDone(_step, _sent!.Value);
    }

    /// <summary>The row among the node's; its hash and what it waits for are told, once each.
    /// </summary>
    /// <exception cref="ChainException">It ended with nothing sent.</exception>
    /// <exception cref="CommandException">The node ended, or has it no more.</exception>
    private JsonElement Found(JsonElement? answer)
    {
        JsonElement outbox = answer ?? throw Ended();
        foreach (JsonElement row in outbox.GetProperty("transactions").EnumerateArray())
        {
            if (row.GetProperty("id").GetRawText() == _id)
            {
                Tell(row);
                return row;
            }
        }

        throw new CommandException($"{_step}: the node's outbox does not list {_id} any more (look "
            + "up what was earned: computevoucher provider status)");
    }

    private void Tell(JsonElement row)
    {
        string? note = row.GetProperty("note").GetString();
        if (StateOf(row) == nameof(OutboxState.Abandoned))
        {
            throw new ChainException(ChainFault.Reverted,
                $"{_step}: refused, nothing was sent: {note ?? "it was cancelled"}");
        }

        Bytes32? hash = row.GetProperty("attempts").GetInt32() > 0
            ? Bytes32.Parse(row.GetProperty("hash").GetString())
            : null;
        if (hash is Bytes32 sent && hash != _sent)
        {
            _chain.Rules.Say($"{_step} {sent}: waiting for a block");
        }

        if (note is not null && note != _said)
        {
            _said = note;
            _chain.Rules.Say($"{_step}: {note}");
        }

        (_sent, _note) = (hash, note);
    }

    private bool IsDeep(JsonElement row, ulong newest) =>
        newest >= BlockOf(row) && newest - BlockOf(row) + 1 >= _chain.Rules.Confirmations;

    /// <summary>Whether the request is ended with nothing signed; otherwise <see cref="_sent"/>
    /// names what was. The node may be in the middle of a call to its endpoint.</summary>
    private async Task<bool> IsTakenBackAsync()
    {
        using CancellationTokenSource timer = new(ChainLimits.RequestDeadline);
        try
        {
            return await ControlClient.AskAsync(_ledger, "cancel", _id, timer.Token)
                .ConfigureAwait(false) is not null ? true : throw Ended();
        }
        catch (NodeException)
        {
            // Signed since the last look.
            Found(await ControlClient.AskAsync(_ledger, "outbox", "", timer.Token)
                .ConfigureAwait(false));
            return _sent is null;
        }
        catch (OperationCanceledException late)
        {
            throw new CommandException($"{_step}: the node does not answer; the request stays in "
                + $"its outbox (computevoucher outbox cancel {_id})", late);
        }
    }

    /// <summary>What is stored is sent all the same.</summary>
    private Exception Ended() => _sent is Bytes32 sent
        ? new OutcomeUnknownException(
            $"{_step}: the node ended; {sent} is on its way, and stays in its outbox", sent)
        : new CommandException($"{_step}: the node ended; the request stays in its outbox and is "
            + "sent when it runs again");

    private string Waited => string.Create(CultureInfo.InvariantCulture,
        $"after {_chain.Rules.Timeout.TotalSeconds:0} s: {_note ?? "no block has taken it"}");

    private OutcomeUnknownException Unknown(JsonElement row, OperationCanceledException? stopped)
    {
        Bytes32 sent = _sent!.Value;
        string line = stopped is not null
            ? $"interrupted; {sent} is on its way"
            : StateOf(row) == nameof(OutboxState.Mined)
            ? $"{sent} is in block {BlockOf(row)}, not yet {_chain.Rules.Confirmations} blocks "
                + $"deep {Waited}"
            : $"sent as {sent}, outcome unknown {Waited}";
        return new OutcomeUnknownException(
            $"{_step}: {line}; the node goes on with it", sent, stopped);
    }

    private static string? StateOf(JsonElement row) => row.GetProperty("state").GetString();

    private static ulong BlockOf(JsonElement row) => row.GetProperty("block").GetUInt64();
}
