using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain.Tests;

/// <summary>What makes a transaction acceptable apart from the state of its account, fork by
/// fork.</summary>
internal static class TransactionRules
{
    // Yellow Paper, appendix G, and the EIPs named.
    private const ulong BaseGas = 21_000;
    private const ulong CreateGas = 32_000;
    private const ulong ZeroByteGas = 4;
    private const ulong ByteGasFrontier = 68;
    private const ulong ByteGasEip2028 = 16;
    private const ulong AccountGasEip2930 = 2_400;
    private const ulong SlotGasEip2930 = 1_900;
    private const ulong InitWordGasEip3860 = 2;

    /// <summary>Gas that is due before the first instruction.</summary>
    public static ulong IntrinsicGas(AnyTransaction transaction, Fork fork)
    {
        ulong byteGas = fork >= Fork.Istanbul ? ByteGasEip2028 : ByteGasFrontier;
        ulong gas = BaseGas;
        foreach (byte b in transaction.Data)
        {
            gas += b == 0 ? ZeroByteGas : byteGas;
        }

        if (transaction.To is null)
        {
            gas += fork >= Fork.Homestead ? CreateGas : 0;
            ulong words = ((ulong)transaction.Data.Length + 31) / 32;
            gas += fork >= Fork.Shanghai ? InitWordGasEip3860 * words : 0;
        }

        foreach (AccessListItem item in transaction.AccessList)
        {
            gas += AccountGasEip2930 + SlotGasEip2930 * (ulong)item.Slots.Length;
        }

        return gas;
    }

    /// <summary>The first rule that is broken, or null.</summary>
    public static string? Flaw(AnyTransaction transaction, Fork fork, ulong chainId)
    {
        if (transaction.Kind == TransactionKind.AccessList && fork < Fork.Berlin)
        {
            return "EIP-2930 transaction before Berlin";
        }

        if (transaction.Kind == TransactionKind.FeeMarket && fork < Fork.London)
        {
            return "EIP-1559 transaction before London";
        }

        if (transaction.ChainId is ulong id && (fork < Fork.EIP158 || id != chainId))
        {
            return "a chain id that is another, or of a later fork";
        }

        return SignatureFlaw(transaction, fork) ?? AmountFlaw(transaction, fork);
    }

    private static string? SignatureFlaw(AnyTransaction transaction, Fork fork)
    {
        if (transaction.Signature is not TransactionSignature signature || !signature.IsInRange)
        {
            return "r or s is not in 1 to n - 1";
        }

        if (fork >= Fork.Homestead && !signature.HasLowS)
        {
            return "s above n/2 (EIP-2)";
        }

        return transaction.TryRecoverSender(out _) ? null : "no key makes this signature";
    }

    private static string? AmountFlaw(AnyTransaction transaction, Fork fork)
    {
        if (transaction.Nonce > ulong.MaxValue - 1)
        {
            return "nonce above 2^64 - 2 (EIP-2681)";
        }

        if (transaction.MaxPriorityFeePerGas > transaction.MaxFeePerGas)
        {
            return "priority fee above the maximum fee";
        }

        UInt256 priceMax = transaction.GasLimit == 0
            ? UInt256.MaxValue
            : UInt256.MaxValue / transaction.GasLimit;
        if (transaction.MaxFeePerGas > priceMax)
        {
            return "gas limit times price above 2^256 - 1";
        }

        if (fork >= Fork.Shanghai && transaction.To is null
            && transaction.Data.Length > 49_152)
        {
            return "init code above 49,152 bytes (EIP-3860)";
        }

        return transaction.GasLimit < IntrinsicGas(transaction, fork)
            ? "gas limit below the intrinsic gas"
            : null;
    }
}
