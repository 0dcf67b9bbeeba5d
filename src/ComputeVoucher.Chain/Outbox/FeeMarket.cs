using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What a transaction costs now: base fee, tip and the data fee of a rollup.</summary>
/// <remarks>A tip is what the node suggests, or what blocks were paid, and never more than a
/// multiple of what they were paid: the word of one endpoint is not worth more.</remarks>
internal sealed class FeeMarket(JsonRpcClient rpc, FeeLimits limits)
{
    // Four minutes of mainnet, under a minute of a fast chain.
    private const int HistoryBlocks = 20;

    // Four times what blocks were paid: twelve bumps of an eighth.
    private const uint TipFactorMax = 4;

    // Signature, nonce, fees and frame of a transaction around its call data, bytes.
    private const int EnvelopeBytes = 128;

    // The tip where nobody says anything: what wallets offered by default.
    private static readonly UInt128 s_gwei = 1_000_000_000;

    // getL1Fee(bytes) of the OP stack's GasPriceOracle.
    private static readonly FunctionSelector s_dataFee = new(0x49948e0e);

    private Bytes32 _seenAt;
    private FeeView _seen;

    /// <summary>Asks once for each block.</summary>
    public async Task<FeeView> LookAsync(BlockHeader head, CancellationToken cancel)
    {
        if (_seenAt == head.Hash)
        {
            return _seen;
        }

        Middle baseFee = await rpc.BaseFeeAsync(head, cancel).ConfigureAwait(false);
        _seen = limits.Tip is { } fixedTip
            ? new FeeView(baseFee, new Middle(fixedTip, fixedTip), fixedTip * TipFactorMax)
            : await AskAsync(baseFee, cancel).ConfigureAwait(false);
        _seenAt = head.Hash;
        return _seen;
    }

    /// <summary>Wei that a rollup asks for the bytes, beside the gas; 0 where it asks none.
    /// </summary>
    /// <exception cref="ChainException">The oracle does not answer.</exception>
    public async Task<UInt128> DataFeeAsync(byte[] data, CancellationToken cancel)
    {
        if (limits.DataFeeOracle is not { } oracle)
        {
            return UInt128.Zero;
        }

        byte[] bytes = new byte[data.Length + EnvelopeBytes];
        data.CopyTo(bytes, 0);
        bytes.AsSpan(data.Length).Fill(byte.MaxValue);
        byte[] call = new AbiWriter().WriteBytes(bytes).ToCall(s_dataFee);
        byte[] answer = await rpc
            .CallAsync(new CallRequest(default, oracle, call), BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        try
        {
            return new AbiReader(answer).ReadUInt256().TryToUInt128(out UInt128 fee)
                ? fee
                : UInt128.MaxValue;
        }
        catch (FormatException e)
        {
            throw new ChainException(
                ChainFault.Misconfigured,
                $"{oracle} is no GasPriceOracle: correct redeem:dataFeeOracle, or leave it out",
                e);
        }
    }

    private async Task<FeeView> AskAsync(Middle baseFee, CancellationToken cancel)
    {
        List<FeeHistory> history = await rpc.FeeHistoryAsync(HistoryBlocks, cancel)
            .ConfigureAwait(false);
        Middle? suggested = await rpc.PriorityFeeAsync(cancel).ConfigureAwait(false);
        Middle? paid = Middle.Of(history, one => one.High);
        Middle? typical = Middle.Of(history, one => one.Typical);
        UInt128 most = PaidOf(paid?.High, baseFee.High);
        return new FeeView(
            baseFee,
            new Middle(
                UInt128.Min(
                    suggested?.Low ?? typical?.Low ?? s_gwei, PaidOf(paid?.Low, baseFee.Low)),
                UInt128.Min(suggested?.High ?? typical?.High ?? s_gwei, most)),
            most * TipFactorMax);
    }

    /// <summary>What blocks were paid for a unit of gas. No base fee and no transactions: a new or
    /// a private chain.</summary>
    private static UInt128 PaidOf(UInt128? tips, UInt128 baseFee)
    {
        UInt128 paid = UInt128.Max(tips ?? 0, baseFee);
        return paid == UInt128.Zero ? s_gwei : UInt128.Min(paid, ulong.MaxValue);
    }
}

/// <summary>Prices of one block, wei per gas. Of two endpoints that differ nobody knows which one
/// lies: the lower price is enough to try, and the higher one is what gets it mined.</summary>
/// <param name="BaseFee">Of the newest block.</param>
/// <param name="Tip">What gets a transaction mined soon.</param>
/// <param name="TipMax">What no tip may exceed, bumps included.</param>
internal readonly record struct FeeView(Middle BaseFee, Middle Tip, UInt128 TipMax)
{
    /// <summary>The endpoints are so far apart that one of them has to be wrong.</summary>
    public bool IsDisputed => Tip.High / 2 >= Tip.Low;

    /// <summary>Below it no block of now takes a transaction.</summary>
    public FeeQuote Floor => new(BaseFee.Low + UInt128.One, UInt128.Zero);

    /// <summary>What gas will most likely cost.</summary>
    public UInt128 GasPrice => BaseFee.Low + Tip.Low;

    /// <summary>What is offered. Room for the higher base fee costs nothing, for the chain takes
    /// its own; a tip is paid as it stands, so what can wait tries the lower one first.</summary>
    /// <param name="dear">It cannot wait, or has waited.</param>
    public FeeQuote Market(bool dear) => FeeQuote.Market(BaseFee.High, dear ? Tip.High : Tip.Low);
}

/// <summary>The middle of what endpoints say: one value of an odd number of them, of an even number
/// two.</summary>
/// <param name="Low">Wei per gas.</param>
/// <param name="High">Wei per gas, at least as much.</param>
internal readonly record struct Middle(UInt128 Low, UInt128 High)
{
    /// <summary>Null where none of them says anything.</summary>
    public static Middle? Of<T>(List<T> said, Func<T, UInt128?> of)
    {
        List<UInt128> values = [];
        foreach (T one in said)
        {
            if (of(one) is { } value)
            {
                values.Add(value);
            }
        }

        values.Sort();
        return values.Count == 0
            ? null
            : new Middle(values[(values.Count - 1) / 2], values[values.Count / 2]);
    }
}
