using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>Makes redemption batches that work: simulated first, rows that would do nothing left
/// out, halved while they revert or need more gas than allowed.</summary>
public sealed class BatchBuilder
{
    /// <summary>Half of a block of 30 million, the smallest limit of mainnet since London: a
    /// bigger batch would wait for an empty block.</summary>
    public const ulong GasMaxDefault = 15_000_000;

    // Errors that concern the whole batch: halving would only ask the same 511 times.
    private static readonly string[] s_batchErrors =
        ["UnknownClass", "UnknownNode", "RedemptionEnded", "ClassMismatch"];

    private readonly JsonRpcClient _rpc;
    private readonly VouchersContract _vouchers;
    private readonly Address _from;
    private readonly ulong _gasMax;

    /// <param name="from">The account that will send.</param>
    /// <param name="gasMax">Gas of one transaction.</param>
    public BatchBuilder(
        JsonRpcClient rpc,
        VouchersContract vouchers,
        Address from,
        ulong gasMax = GasMaxDefault)
    {
        ArgumentNullException.ThrowIfNull(rpc);
        ArgumentNullException.ThrowIfNull(vouchers);
        ArgumentOutOfRangeException.ThrowIfZero(gasMax);
        _rpc = rpc;
        _vouchers = vouchers;
        _from = from;
        _gasMax = gasMax;
    }

    /// <summary>Batches of at most <see cref="ChainLimits.BatchRowsMax"/> rows, in the order of
    /// the rows.</summary>
    /// <returns>The batches, and a line for each row or group that is in none.</returns>
    /// <exception cref="ChainException">The chain is away.</exception>
    public async Task<BatchPlan> BuildAsync(
        VoucherClass terms,
        Address node,
        IReadOnlyList<RedeemRow> rows,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(rows);
        List<RedeemBatch> batches = [];
        List<string> left = [];
        for (int start = 0; start < rows.Count; start += ChainLimits.BatchRowsMax)
        {
            int count = Math.Min(ChainLimits.BatchRowsMax, rows.Count - start);
            RedeemRow[] part = new RedeemRow[count];
            for (int i = 0; i < count; i++)
            {
                part[i] = rows[start + i];
            }

            await AddAsync(terms, node, part, batches, left, cancel).ConfigureAwait(false);
        }

        return new BatchPlan(batches, left);
    }

    /// <summary>Depth of recursion is log2 of 256, plus one pass without idle rows.</summary>
    private async Task AddAsync(
        VoucherClass terms,
        Address node,
        RedeemRow[] rows,
        List<RedeemBatch> batches,
        List<string> left,
        CancellationToken cancel)
    {
        byte[] data = VouchersContract.RedeemBatch(terms, node, rows);
        try
        {
            (UInt256 bitmap, UInt256 paid) = await _vouchers
                .SimulateRedeemAsync(_from, data, BlockTag.Latest, cancel)
                .ConfigureAwait(false);
            RedeemRow[] useful = Useful(rows, bitmap);
            if (useful.Length < rows.Length)
            {
                left.Add($"{rows.Length - useful.Length} rows would do nothing");
                if (useful.Length > 0)
                {
                    await AddAsync(terms, node, useful, batches, left, cancel)
                        .ConfigureAwait(false);
                }

                return;
            }

            ulong gas = await _rpc
                .EstimateGasAsync(new CallRequest(_from, _vouchers.Address, data), _gasMax, cancel)
                .ConfigureAwait(false);
            gas = GasMargin.Above(gas);
            if (gas <= _gasMax)
            {
                batches.Add(new RedeemBatch(terms, node, rows, data, gas, paid));
                return;
            }

            if (rows.Length == 1)
            {
                left.Add($"a row needs {gas} gas, {_gasMax} are allowed");
                return;
            }
        }
        catch (ChainException e) when (e.Fault == ChainFault.Reverted)
        {
            if (rows.Length == 1 || IsOfBatch(e.RevertData))
            {
                left.Add($"{rows.Length} rows revert: {e.Message}");
                return;
            }
        }

        int half = rows.Length / 2;
        await AddAsync(terms, node, rows[..half], batches, left, cancel).ConfigureAwait(false);
        await AddAsync(terms, node, rows[half..], batches, left, cancel).ConfigureAwait(false);
    }

    private static RedeemRow[] Useful(RedeemRow[] rows, UInt256 bitmap)
    {
        Bytes32 bits = bitmap.ToBytes32();
        List<RedeemRow> useful = [];
        for (int i = 0; i < rows.Length; i++)
        {
            if (((bits[31 - i / 8] >> (i % 8)) & 1) != 0)
            {
                useful.Add(rows[i]);
            }
        }

        return [.. useful];
    }

    private static bool IsOfBatch(byte[] revertData)
    {
        foreach (string name in s_batchErrors)
        {
            if (RevertReasons.Is(revertData, name))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Batches to send, and one line for each group of rows that is in none.</summary>
public sealed record BatchPlan(
    IReadOnlyList<RedeemBatch> Batches, IReadOnlyList<string> LeftOut);
