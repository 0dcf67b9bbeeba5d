using System.Globalization;

namespace ComputeVoucher.Chain;

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

    public static BlockTag Number(ulong number) =>
        new("0x" + number.ToString("x", CultureInfo.InvariantCulture));

    /// <summary>As the JSON-RPC parameter is written.</summary>
    public override string ToString() => _text ?? "latest";
}
