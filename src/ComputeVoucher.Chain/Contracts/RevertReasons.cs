using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Globalization;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>Revert data as words: Solidity's two own errors, and those that our contracts and
/// OpenZeppelin's tokens declare.</summary>
internal static class RevertReasons
{
    private static readonly FunctionSelector s_error = new(0x08c379a0);
    private static readonly FunctionSelector s_panic = new(0x4e487b71);

    private static readonly string[] s_errors =
    [
        "NodeAlreadyJoined(address,address)", "InvalidJoinSignature(address)",
        "NotProvider(address,address)", "NodeIsRevoked(address)", "NoBond(address,address,address)",
        "BondExiting(address,address,address)", "BondLocked(uint40)", "ZeroCourt()", "ZeroAmount()",
        "NothingToSettle()", "InvalidRecipient(address)",
        "UnexpectedAmountReceived(uint256,uint256)", "UnknownClass(uint256)",
        "ClassOutOfBounds(string)", "ClassExpired(uint64)", "RedemptionEnded(uint256)",
        "RedemptionOpen(uint256)", "ClassMismatch(uint256,uint256)", "NotHolder(address,address)",
        "NotCourt(address,address)", "UnknownNode(address)", "ZeroSpendKey()", "ZeroUnits()",
        "TooManyUnits(uint256,uint256)", "ChannelExists(bytes32)", "ChannelNotOpen(bytes32)",
        "ChannelThawing(bytes32)", "NotThawed(uint40)", "InvalidAck(bytes32)",
        "InvalidRelease(bytes32)", "InvalidRowsLength(uint256)", "BatchNotMatured(uint256,uint40)",
        "BatchMatured(uint256,uint40)", "InvalidRecords(uint256)", "InvalidRow(uint256,uint256)",
        "RefundTooLarge(uint256,uint256)", "ReserveTooLarge(uint128,uint128)",
        "ReserveTooLong(uint40,uint256)", "ERC20InsufficientBalance(address,uint256,uint256)",
        "ERC20InsufficientAllowance(address,uint256,uint256)", "ERC20InvalidReceiver(address)",
        "ERC1155InsufficientBalance(address,uint256,uint256,uint256)",
        "ERC1155InvalidReceiver(address)", "ERC1155MissingApprovalForAll(address,address)",
        "SafeERC20FailedOperation(address)", "ReentrancyGuardReentrantCall()",
    ];

    private static readonly FrozenDictionary<uint, string> s_names = Names();

    /// <summary>A name and its arguments, or "" for empty or unknown data.</summary>
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
        return s_names.TryGetValue(selector, out string? signature)
            ? WithArguments(signature, data[FunctionSelector.Size..])
            : $"error 0x{selector:x8}";
    }

    /// <summary>Whether the data is the error of that name.</summary>
    public static bool Is(ReadOnlySpan<byte> data, string name) =>
        data.Length >= FunctionSelector.Size
        && s_names.TryGetValue(Selector(data), out string? signature)
        && signature.StartsWith(name + "(", StringComparison.Ordinal);

    private static uint Selector(ReadOnlySpan<byte> data) =>
        ((uint)data[0] << 24) | ((uint)data[1] << 16) | ((uint)data[2] << 8) | data[3];

    private static FrozenDictionary<uint, string> Names()
    {
        Dictionary<uint, string> names = new(s_errors.Length);
        foreach (string signature in s_errors)
        {
            names.Add(FunctionSelector.Of(signature).Value, signature);
        }

        return names.ToFrozenDictionary();
    }

    private static string WithArguments(string signature, ReadOnlySpan<byte> arguments)
    {
        int open = signature.IndexOf('(', StringComparison.Ordinal);
        string name = signature[..open];
        string types = signature[(open + 1)..^1];
        if (types.Length == 0)
        {
            return name;
        }

        List<string> words = [];
        try
        {
            AbiReader reader = new(arguments);
            foreach (string type in types.Split(','))
            {
                words.Add(type switch
                {
                    "address" => reader.ReadAddress().ToString(),
                    "bytes32" => reader.ReadBytes32().ToString(),
                    "string" => RpcEnvelope.OneLine(reader.ReadString()),
                    _ => reader.ReadUInt256().ToString(),
                });
            }
        }
        catch (FormatException)
        {
            return name;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{name}({string.Join(", ", words)})");
    }
}
