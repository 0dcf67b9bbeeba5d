using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>What a channel has paid and is in escrow still, row by row of the batches: what can be
/// put off or refunded.</summary>
/// <remarks>By the event of the contract, which repeats the records: whoever redeemed, and through
/// whatever contract, the row is found.</remarks>
public static class EscrowedRows
{
    /// <summary>Rows of a channel in batches that have not matured.</summary>
    /// <param name="rpc">The chain.</param>
    /// <param name="vouchers">The Vouchers contract.</param>
    /// <param name="terms">Of the channel's class.</param>
    /// <param name="channel">Whose rows.</param>
    /// <param name="fromBlock">No batch is older.</param>
    /// <param name="head">As of this block.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public static async Task<List<EscrowedRow>> ReadAsync(JsonRpcClient rpc, Address vouchers,
        VoucherClass terms, Bytes32 channel, ulong fromBlock, BlockHeader head,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(head);
        VouchersContract contract = new(rpc, vouchers);
        List<EscrowedRow> held = [];
        LogFilter filter = new(vouchers, fromBlock, head.Number, [[BatchEscrowedEvent.Topic]]);
        foreach (LogEntry log in await LogScan.ReadAsync(rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (log.IsRemoved || !BatchEscrowedEvent.TryRead(log, out BatchEscrowedEvent batch)
                || batch.MaturesAt <= head.Timestamp)
            {
                continue;
            }

            BatchRecord[] rows = batch.Rows();
            for (int row = 0; row < rows.Length; row++)
            {
                UInt128 amount = rows[row].Channel != channel ? 0
                    : await HeldAsync(contract, terms, batch.BatchId, row, rows[row], head, cancel)
                        .ConfigureAwait(false);
                if (amount > 0)
                {
                    held.Add(new EscrowedRow(batch, (ulong)row, amount));
                }
            }
        }

        return held;
    }

    /// <summary>The records of a batch; null where no log of it is to be had.</summary>
    /// <exception cref="ChainException">No endpoint answers.</exception>
    public static async Task<byte[]?> RecordsAsync(JsonRpcClient rpc, Address vouchers,
        ulong batchId, ulong fromBlock, BlockHeader head, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(head);
        Bytes32 id = new(new AbiWriter().Write(batchId).ToArray());
        LogFilter filter = new(
            vouchers, fromBlock, head.Number, [[BatchEscrowedEvent.Topic], [id]]);
        foreach (LogEntry log in await LogScan.ReadAsync(rpc, filter, cancel)
            .ConfigureAwait(false))
        {
            if (!log.IsRemoved && BatchEscrowedEvent.TryRead(log, out BatchEscrowedEvent batch)
                && batch.BatchId == batchId)
            {
                return batch.Records;
            }
        }

        return null;
    }

    /// <summary>Token base units of a row that are in escrow still: Redemptions._take.</summary>
    private static async Task<UInt128> HeldAsync(VouchersContract contract, VoucherClass terms,
        ulong batchId, int row, BatchRecord record, BlockHeader head, CancellationToken cancel)
    {
        BlockTag block = BlockTag.Number(head.Number);
        UInt256 rate = UnitRates.Pay(terms);
        UInt256 paid = record.After * rate / UnitRates.Scale
            - record.Before * rate / UnitRates.Scale;
        UInt256 back = await contract.RefundedAsync(batchId, (ulong)row, block, cancel)
            .ConfigureAwait(false);
        EscrowBatch held = await contract.BatchAsync(batchId, block, cancel)
            .ConfigureAwait(false);
        return back >= paid || !(paid - back).TryToUInt128(out UInt128 rest) ? 0
            : UInt128.Min(rest, held.Amount);
    }
}

/// <summary>A row, and token base units of it that are in escrow.</summary>
public sealed record EscrowedRow(BatchEscrowedEvent Batch, ulong Row, UInt128 Amount);
