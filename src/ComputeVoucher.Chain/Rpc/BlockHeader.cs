using System;
using System.Globalization;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The fields of a block that decide finality, fees and time.</summary>
/// <param name="BaseFee">Wei per gas; 0 before London.</param>
/// <param name="Timestamp">Unix seconds.</param>
public sealed record BlockHeader(
    ulong Number,
    Bytes32 Hash,
    Bytes32 ParentHash,
    ulong Timestamp,
    UInt128 BaseFee,
    ulong GasLimit,
    ulong GasUsed);

/// <summary>A block by number, or by the name that the node resolves at that moment.</summary>
public readonly record struct BlockTag
{
    private readonly string? _text;

    private BlockTag(string text)
    {
        _text = text;
    }

    /// <summary>The newest block, which a reorganisation may take back.</summary>
    public static BlockTag Latest => new("latest");

    /// <summary>The newest block that only a slashed third of the validators can take back.
    /// </summary>
    public static BlockTag Finalized => new("finalized");

    /// <summary>The newest block with what the pool would add to it: a count of transactions, not
    /// a state to rely on.</summary>
    public static BlockTag Pending => new("pending");

    public static BlockTag Number(ulong number) =>
        new("0x" + number.ToString("x", CultureInfo.InvariantCulture));

    /// <summary>As the JSON-RPC parameter is written.</summary>
    public override string ToString() => _text ?? "latest";
}
