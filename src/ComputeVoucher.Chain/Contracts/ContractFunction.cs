using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>A function and the first four bytes of the hash of its signature; a test hashes it.
/// </summary>
internal sealed record ContractFunction(uint Value, string Signature)
{
    public FunctionSelector Selector => new(Value);

    /// <summary>The arguments of a call of this function, read as the contract has read them; false
    /// for any other data.</summary>
    public bool TryRead<T>(ReadOnlySpan<byte> data, out T? found, ContractReader.Read<T> read)
    {
        found = default;
        if (!Selector.Starts(data))
        {
            return false;
        }

        try
        {
            AbiReader reader = AbiReader.OfCalldata(data[FunctionSelector.Size..]);
            found = read(ref reader);
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }
}

/// <summary>An event and the hash of its signature; a test hashes it.</summary>
internal sealed record ContractEvent(string Hash, string Signature)
{
    public Bytes32 Topic { get; } = Bytes32.Parse(Hash);
}
