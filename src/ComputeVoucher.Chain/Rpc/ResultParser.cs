using System;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>The results of the methods that Chain calls, as ethereum/execution-apis defines
/// them. Fields that Chain does not use are not looked at, so that forks may add some.</summary>
internal static class ResultParser
{
    public static BlockHeader? Block(JsonElement result)
    {
        if (result.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return new BlockHeader(
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "number"), "number"),
            JsonScalar.ReadBytes32(JsonScalar.Member(result, "hash"), "hash"),
            JsonScalar.ReadBytes32(JsonScalar.Member(result, "parentHash"), "parentHash"),
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "timestamp"), "timestamp"),
            JsonScalar.TryMember(result, "baseFeePerGas", out JsonElement fee)
                ? JsonScalar.ReadUInt128(fee, "baseFeePerGas")
                : UInt128.Zero,
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "gasLimit"), "gasLimit"),
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "gasUsed"), "gasUsed"));
    }

    public static TransactionReceipt? Receipt(JsonElement result)
    {
        if (result.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // A receipt of a pending transaction names no block: it is not mined.
        if (JsonScalar.Member(result, "blockNumber").ValueKind == JsonValueKind.Null
            || JsonScalar.Member(result, "blockHash").ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return new TransactionReceipt(
            JsonScalar.ReadBytes32(
                JsonScalar.Member(result, "transactionHash"), "transactionHash"),
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "blockNumber"), "blockNumber"),
            JsonScalar.ReadBytes32(JsonScalar.Member(result, "blockHash"), "blockHash"),
            JsonScalar.ReadUInt32(
                JsonScalar.Member(result, "transactionIndex"), "transactionIndex"),
            JsonScalar.ReadAddress(JsonScalar.Member(result, "from"), "from"),
            OptionalAddress(result, "to"),
            OptionalAddress(result, "contractAddress"),
            Status(result),
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "gasUsed"), "gasUsed"),
            JsonScalar.TryMember(result, "effectiveGasPrice", out JsonElement price)
                ? JsonScalar.ReadUInt128(price, "effectiveGasPrice")
                : UInt128.Zero,
            Logs(JsonScalar.Member(result, "logs")));
    }

    public static LogEntry[] Logs(JsonElement result)
    {
        if (result.ValueKind != JsonValueKind.Array)
        {
            throw JsonScalar.Malformed("logs", $"{result.ValueKind} where an array is wanted");
        }

        int count = result.GetArrayLength();
        if (count > ChainLimits.LogsMax)
        {
            throw new ChainException(
                ChainFault.TooLarge, $"logs: {count}, at most {ChainLimits.LogsMax} are read");
        }

        LogEntry[] logs = new LogEntry[count];
        int next = 0;
        foreach (JsonElement log in result.EnumerateArray())
        {
            logs[next++] = Log(log);
        }

        return logs;
    }

    public static TransactionInfo? Transaction(JsonElement result)
    {
        if (result.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        bool isMined = JsonScalar.TryMember(result, "blockNumber", out JsonElement number);
        return new TransactionInfo(
            JsonScalar.ReadBytes32(JsonScalar.Member(result, "hash"), "hash"),
            JsonScalar.TryMember(result, "type", out JsonElement kind)
                ? checked((byte)Math.Min(JsonScalar.ReadUInt64(kind, "type"), 255))
                : (byte)0,
            isMined ? JsonScalar.ReadUInt64(number, "blockNumber") : null,
            isMined
                ? JsonScalar.ReadBytes32(JsonScalar.Member(result, "blockHash"), "blockHash")
                : null,
            JsonScalar.ReadAddress(JsonScalar.Member(result, "from"), "from"),
            OptionalAddress(result, "to"),
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "nonce"), "nonce"),
            JsonScalar.ReadUInt256(JsonScalar.Member(result, "value"), "value"),
            JsonScalar.ReadUInt64(JsonScalar.Member(result, "gas"), "gas"),
            JsonScalar.ReadData(JsonScalar.Member(result, "input"), "input"));
    }

    private static LogEntry Log(JsonElement log)
    {
        JsonElement topics = JsonScalar.Member(log, "topics");
        Array(topics, "topics");
        if (topics.GetArrayLength() > ChainLimits.LogTopicsMax)
        {
            throw JsonScalar.Malformed("topics", "more than 4");
        }

        Bytes32[] values = new Bytes32[topics.GetArrayLength()];
        int next = 0;
        foreach (JsonElement topic in topics.EnumerateArray())
        {
            values[next++] = JsonScalar.ReadBytes32(topic, "topics");
        }

        return new LogEntry(
            JsonScalar.ReadAddress(JsonScalar.Member(log, "address"), "address"),
            values,
            JsonScalar.ReadData(JsonScalar.Member(log, "data"), "data"),
            JsonScalar.ReadUInt64(JsonScalar.Member(log, "blockNumber"), "blockNumber"),
            JsonScalar.ReadBytes32(JsonScalar.Member(log, "blockHash"), "blockHash"),
            JsonScalar.ReadBytes32(JsonScalar.Member(log, "transactionHash"), "transactionHash"),
            JsonScalar.ReadUInt32(JsonScalar.Member(log, "logIndex"), "logIndex"),
            JsonScalar.TryMember(log, "removed", out JsonElement removed)
                && JsonScalar.ReadBoolean(removed, "removed"));
    }

    private static bool? Status(JsonElement receipt)
    {
        if (!JsonScalar.TryMember(receipt, "status", out JsonElement status))
        {
            return JsonScalar.TryMember(receipt, "root", out _)
                ? null
                : throw JsonScalar.Malformed("status", "missing");
        }

        return JsonScalar.ReadUInt64(status, "status") switch
        {
            0 => false,
            1 => true,
            _ => throw JsonScalar.Malformed("status", "neither 0 nor 1"),
        };
    }

    private static Address? OptionalAddress(JsonElement container, string name) =>
        JsonScalar.TryMember(container, name, out JsonElement value)
            ? JsonScalar.ReadAddress(value, name)
            : null;

    private static void Array(JsonElement value, string name)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw JsonScalar.Malformed(name, $"{value.ValueKind} where an array is wanted");
        }
    }
}
