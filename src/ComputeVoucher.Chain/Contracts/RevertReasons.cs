using System;
using System.Collections.Generic;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Revert data as one sentence: Solidity's two own errors, and those that our contracts
/// and OpenZeppelin's tokens declare.</summary>
internal static class RevertReasons
{
    private static readonly FunctionSelector s_error = new(0x08c379a0);
    private static readonly FunctionSelector s_panic = new(0x4e487b71);

    private static readonly Dictionary<uint, RevertReason> s_reasons = Reasons();

    /// <summary>A sentence, or "" for empty data.</summary>
    public static string Describe(ReadOnlySpan<byte> data)
    {
        if (data.Length < FunctionSelector.Size)
        {
            return "";
        }

        try
        {
            AbiReader arguments = new(data[FunctionSelector.Size..]);
            if (s_error.Starts(data))
            {
                return RpcEnvelope.OneLine(arguments.ReadString());
            }

            if (s_panic.Starts(data))
            {
                return "panic " + arguments.ReadUInt256().ToHex();
            }
        }
        catch (FormatException)
        {
            return "";
        }

        uint selector = Selector(data);
        return s_reasons.TryGetValue(selector, out RevertReason? reason)
            ? reason.Describe(data[FunctionSelector.Size..])
            : $"error 0x{selector:x8}";
    }

    /// <summary>Whether <see cref="Describe"/> gives a sentence that needs no other words.
    /// </summary>
    public static bool IsKnown(ReadOnlySpan<byte> data) =>
        data.Length >= FunctionSelector.Size && s_reasons.ContainsKey(Selector(data));

    /// <summary>Whether the data is the error of that name.</summary>
    public static bool Is(ReadOnlySpan<byte> data, string name) =>
        data.Length >= FunctionSelector.Size
        && s_reasons.TryGetValue(Selector(data), out RevertReason? reason)
        && reason.Name == name;

    private static uint Selector(ReadOnlySpan<byte> data) =>
        ((uint)data[0] << 24) | ((uint)data[1] << 16) | ((uint)data[2] << 8) | data[3];

    private static Dictionary<uint, RevertReason> Reasons()
    {
        Dictionary<uint, RevertReason> reasons = [];
        foreach (RevertReason reason in RevertReason.All)
        {
            reasons.Add(FunctionSelector.Of(reason.Signature).Value, reason);
        }

        return reasons;
    }
}
