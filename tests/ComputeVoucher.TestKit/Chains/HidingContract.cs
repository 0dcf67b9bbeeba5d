using System;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.TestKit;

/// <summary>A contract that calls the address in its first word with the complement of the rest:
/// the call stands nowhere in its transaction's data.</summary>
public static class HidingContract
{
    /// <summary>Creates it.</summary>
    public static byte[] Creation => Hex.Decode(Create + Code);

    private const string Create = "602b8060095f395ff3";

    // n = size - 32; copy; for i in 0..n by 32: mem[i] = ~mem[i]; call or revert.
    private const string Code = "602036038060205f375f5b8051198152602001818110600a57505f5f91"
        + "5f5f5f355af16029575f5ffd5b00";

    /// <summary>Data of the transaction that has it make a call.</summary>
    public static byte[] Call(in Address to, byte[] call) =>
        [.. new AbiWriter().Write(to).ToArray(), .. Array.ConvertAll(call, one => (byte)~one)];
}
