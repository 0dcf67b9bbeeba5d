using System;
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

        UInt128 baseFee = await rpc.BaseFeeAsync(head, cancel).ConfigureAwait(false);
        _seen = limits.Tip is { } fixedTip
            ? new FeeView(baseFee, fixedTip, fixedTip * TipFactorMax)
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

    private async Task<FeeView> AskAsync(UInt128 baseFee, CancellationToken cancel)
    {
        FeeHistory history = await rpc.FeeHistoryAsync(HistoryBlocks, cancel)
            .ConfigureAwait(false);
        UInt128? suggested = await rpc.PriorityFeeAsync(cancel).ConfigureAwait(false);
        UInt128 paid = UInt128.Max(history.High ?? 0, baseFee);
        if (paid == UInt128.Zero)
        {
            // No base fee and no transactions: a new or a private chain.
            paid = s_gwei;
        }

        paid = UInt128.Min(paid, ulong.MaxValue);
        UInt128 tip = UInt128.Min(suggested ?? history.Typical ?? s_gwei, paid);
        return new FeeView(baseFee, tip, paid * TipFactorMax);
    }
}

/// <summary>Prices of one block, wei per gas.</summary>
/// <param name="BaseFee">Of the newest block.</param>
/// <param name="Tip">What gets a transaction mined soon.</param>
/// <param name="TipMax">What no tip may exceed, bumps included.</param>
internal readonly record struct FeeView(UInt128 BaseFee, UInt128 Tip, UInt128 TipMax)
{
    public FeeQuote Market => FeeQuote.Market(BaseFee, Tip);

    /// <summary>Below it no block of now takes a transaction.</summary>
    public FeeQuote Floor => new(BaseFee + UInt128.One, UInt128.Zero);

    /// <summary>What gas will most likely cost.</summary>
    public UInt128 GasPrice => BaseFee + Tip;
}
