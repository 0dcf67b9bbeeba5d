using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>What a court gives a channel's side and nobody has fetched: money in escrow that goes
/// back to its holder, and its part of the reporter's share. Read from the chain alone, so that
/// whoever lost his evidence finds it too.</summary>
/// <param name="rpc">The chain.</param>
/// <param name="vouchers">The Vouchers contract.</param>
/// <param name="court">Of the class.</param>
/// <param name="fromBlock">No event is older.</param>
public sealed class CaseGains(
    JsonRpcClient rpc, Address vouchers, CourtContract court, ulong fromBlock)
{
    /// <summary>Calls of the court that refund what is refundable and in escrow, of every order of
    /// the channel.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task<List<CourtCall>> RefundsAsync(VoucherClass terms, ChannelTerms channel,
        BlockHeader head, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(head);
        Bytes32 id = channel.HashStruct();
        List<CourtCall> calls = [];
        List<EscrowedRow>? rows = null;
        foreach (ulong seq in await RefundableAsync(id, head, cancel).ConfigureAwait(false))
        {
            CaseState state = await court.CaseAsync(id, seq, BlockTag.Number(head.Number), cancel)
                .ConfigureAwait(false);
            if (state.Refundable > state.Refunded)
            {
                rows ??= await EscrowedRows.ReadAsync(
                    rpc, vouchers, terms, id, fromBlock, head, cancel).ConfigureAwait(false);
                Refund(calls, rows, terms, channel, seq, state.Refundable - state.Refunded);
            }
        }

        return calls;
    }

    /// <summary>The channel's shares, those that are final with what they pay.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public async Task<List<CourtShare>> SharesAsync(
        VoucherClass terms, ChannelTerms channel, BlockHeader head, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(head);
        BlockTag block = BlockTag.Number(head.Number);
        Bytes32 id = channel.HashStruct();
        uint now = await court.GenerationAsync(channel.Node, block, cancel).ConfigureAwait(false);
        List<CourtShare> shares = [];
        for (uint generation = 0; generation < now; generation++)
        {
            RewardShare share = await court.ShareAsync(
                channel.Node, terms.Token, generation, id, block, cancel).ConfigureAwait(false);
            if (share.Weight == 0)
            {
                continue;
            }

            ulong from = share.WeighedAt + CourtLimits.ShareSeconds;
            byte[] call = CourtContract.CollectShare(
                channel.Node, terms.Token, generation, id);
            UInt256? amount = head.Timestamp < from ? null
                : await AmountAsync(call, block, cancel).ConfigureAwait(false);
            shares.Add(new CourtShare(share, from, amount, call));
        }

        return shares;
    }

    /// <summary>What a share pays; null while the court does not pay it: whether it waits depends
    /// on other people's disputes, and the court says it.</summary>
    private async Task<UInt256?> AmountAsync(
        byte[] call, BlockTag block, CancellationToken cancel)
    {
        try
        {
            byte[] answer = await rpc.CallAsync(
                new CallRequest(default, court.Address, call), block, cancel)
                .ConfigureAwait(false);
            return answer.Length == Bytes32.Size ? UInt256.FromBigEndian(answer) : null;
        }
        catch (ChainException failure) when (failure.Fault == ChainFault.Reverted)
        {
            return null;
        }
    }

    /// <summary>Orders of a channel of which something became refundable.</summary>
    private async Task<SortedSet<ulong>> RefundableAsync(
        Bytes32 channel, BlockHeader head, CancellationToken cancel)
    {
        LogFilter filter = new(court.Address, fromBlock, head.Number,
            [[CourtAbi.Refundable.Topic], [channel]]);
        SortedSet<ulong> seqs = [];
        foreach (LogEntry log in await LogScan.ReadAsync(rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (!log.IsRemoved && CaseEvent.TryRead(log, out CaseEvent read))
            {
                seqs.Add(read.Seq);
            }
        }

        return seqs;
    }

    private static void Refund(List<CourtCall> calls, List<EscrowedRow> rows,
        in VoucherClass terms, in ChannelTerms channel, ulong seq, UInt128 rest)
    {
        for (int i = 0; i < rows.Count && rest > 0; i++)
        {
            EscrowedRow row = rows[i];
            UInt128 amount = UInt128.Min(rest, row.Amount);
            if (amount > 0)
            {
                calls.Add(new CourtCall(amount, CourtContract.Refund(
                    terms, channel, seq, row.Batch.BatchId, row.Row, amount, row.Batch.Records)));
                rest -= amount;
                // What one order takes, the next does not find there.
                rows[i] = row with { Amount = row.Amount - amount };
            }
        }
    }
}

/// <summary>A call of the court that brings something.</summary>
/// <param name="Amount">Token base units.</param>
/// <param name="Data">Of the transaction.</param>
public readonly record struct CourtCall(UInt128 Amount, byte[] Data);

/// <summary>A part of a reporter's share that was not collected.</summary>
/// <param name="Share">As the court has it.</param>
/// <param name="From">Unix seconds from which it is paid, or later: it waits for disputes that were
/// open at the verdict.</param>
/// <param name="Amount">Token base units that it pays now; null while it is not final.</param>
/// <param name="Call">Collects it.</param>
public sealed record CourtShare(
    RewardShare Share, ulong From, UInt256? Amount, byte[] Call);
