using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>JSON-RPC 2.0: one request object out, one response object in.</summary>
internal static class RpcEnvelope
{
    // EIP-1474 and geth: 3 is "execution reverted" with data.
    private const int RevertedCode = 3;

    // EIP-1474: "limit exceeded".
    private const int LimitCode = -32005;

    // Code of OpenEthereum, old Nethermind and Gnosis for any failed execution.
    private const int VmErrorCode = -32015;

    // Levels of an error's data that are searched: Hardhat's has two.
    private const int DataDepthMax = 4;

    private static readonly string[] s_limitWords =
        ["rate limit", "rate-limit", "too many requests", "per second", "throttle"];

    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    private static readonly JsonDocumentOptions s_options = new()
    {
        MaxDepth = ChainLimits.ResponseDepthMax,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
    };

    public static byte[] Request(uint id, string method, Action<Utf8JsonWriter> parameters)
    {
        ArrayBufferWriter<byte> buffer = new(512);
        using (Utf8JsonWriter writer = new(buffer))
        {
            WriteRequest(writer, id, method, parameters);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>One array of requests of one method, with ids from <paramref name="firstId"/> on.
    /// </summary>
    public static byte[] Requests(
        uint firstId, string method, IReadOnlyList<Action<Utf8JsonWriter>> parameters)
    {
        ArrayBufferWriter<byte> buffer = new(512 * parameters.Count);
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            for (int i = 0; i < parameters.Count; i++)
            {
                WriteRequest(writer, firstId + (uint)i, method, parameters[i]);
            }

            writer.WriteEndArray();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Hands the result element to <paramref name="read"/>.</summary>
    /// <exception cref="ChainException">Malformed, Rejected, Reverted or RateLimited.</exception>
    public static T Response<T>(ReadOnlyMemory<byte> bytes, uint id, Func<JsonElement, T> read) =>
        Parse(bytes, root => Read(root, id, read));

    /// <summary>The answers to <see cref="Requests"/>, in any order; each is read by itself.
    /// </summary>
    /// <exception cref="ChainException">No array, or one that leaves a request out. An error
    /// object in its place is thrown as such.</exception>
    public static RpcAnswer<T>[] Responses<T>(
        ReadOnlyMemory<byte> bytes, uint firstId, int count, Func<JsonElement, T> read) =>
        Parse(bytes, root =>
        {
            if (root.ValueKind != JsonValueKind.Array)
            {
                Read(root, firstId, _ => 0);
                throw JsonScalar.Malformed("batch", "one answer to many requests");
            }

            RpcAnswer<T>?[] answers = new RpcAnswer<T>?[count];
            foreach (JsonElement item in root.EnumerateArray())
            {
                if (TryId(item, out uint id) && id - firstId < (uint)count)
                {
                    answers[id - firstId] ??= One(item, id, read);
                }
            }

            return Array.ConvertAll(answers, answer => answer
                ?? throw JsonScalar.Malformed("batch", "an answer is missing"));
        });

    public static string OneLine(string text)
    {
        int count = Math.Min(text.Length, ChainLimits.ErrorMessageCharsMax);
        StringBuilder line = new(count);
        foreach (char c in text.AsSpan(0, count))
        {
            line.Append(char.IsControl(c) ? ' ' : c);
        }

        return line.ToString();
    }

    /// <summary>
    /// A member that is there twice can be read two ways. JsonDocumentOptions could refuse it too,
    /// but its comparer seeds itself from the cryptographic generator, which loads libssl and ends
    /// the process where there is none.
    /// </summary>
    private static void RefuseTwins(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            HashSet<string> names = new(StringComparer.Ordinal);
            foreach (JsonProperty member in element.EnumerateObject())
            {
                if (!names.Add(member.Name))
                {
                    throw JsonScalar.Malformed("response", "a member is there twice");
                }

                RefuseTwins(member.Value);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in element.EnumerateArray())
            {
                RefuseTwins(item);
            }
        }
    }

    private static void WriteRequest(
        Utf8JsonWriter writer, uint id, string method, Action<Utf8JsonWriter> parameters)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        writer.WriteNumber("id"u8, id);
        writer.WriteString("method"u8, method);
        writer.WriteStartArray("params"u8);
        parameters(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static T Parse<T>(ReadOnlyMemory<byte> bytes, Func<JsonElement, T> read)
    {
        try
        {
            // RFC 8259, section 8.1: a parser may ignore a byte order mark.
            bool isMarked = bytes.Span.StartsWith(Mark);
            using JsonDocument document = JsonDocument.Parse(
                isMarked ? bytes[Mark.Length..] : bytes, s_options);
            RefuseTwins(document.RootElement);
            return read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new ChainException(
                ChainFault.Malformed, "not JSON: " + OneLine(e.Message), e);
        }
        catch (InvalidOperationException e)
        {
            // System.Text.Json reports broken UTF-16 escapes inside a string this way.
            throw new ChainException(
                ChainFault.Malformed, "not text: " + OneLine(e.Message), e);
        }
    }

    private static RpcAnswer<T> One<T>(JsonElement item, uint id, Func<JsonElement, T> read)
    {
        try
        {
            return new RpcAnswer<T>(Read(item, id, read), null);
        }
        catch (ChainException e)
        {
            return new RpcAnswer<T>(default, e);
        }
    }

    private static T Read<T>(JsonElement root, uint id, Func<JsonElement, T> read)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw JsonScalar.Malformed("response", $"{root.ValueKind}, not an object");
        }

        // Some gateways leave the version out; another version is another protocol.
        if (root.TryGetProperty("jsonrpc"u8, out JsonElement version)
            && (version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"u8)))
        {
            throw JsonScalar.Malformed("jsonrpc", "not \"2.0\"");
        }

        bool hasError = JsonScalar.TryMember(root, "error", out JsonElement error);
        CheckId(root, id, hasError);
        if (hasError)
        {
            throw Error(error);
        }

        return root.TryGetProperty("result"u8, out JsonElement result)
            ? read(result)
            : throw JsonScalar.Malformed("response", "neither result nor error");
    }

    private static bool TryId(JsonElement root, out uint id)
    {
        id = 0;
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("id"u8, out JsonElement value))
        {
            return false;
        }

        // Some gateways send a number back as text.
        return value.ValueKind == JsonValueKind.String
            ? uint.TryParse(
                value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out id)
            : value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out id);
    }

    private static void CheckId(JsonElement root, uint id, bool hasError)
    {
        bool matches = TryId(root, out uint number) && number == id;

        // JSON-RPC 2.0, section 5: an error met before the id could be read carries null.
        bool isNullOfError = hasError && root.TryGetProperty("id"u8, out JsonElement value)
            && value.ValueKind == JsonValueKind.Null;
        if (!matches && !isNullOfError)
        {
            throw JsonScalar.Malformed("id", "not the id of the request");
        }
    }

    private static ChainException Error(JsonElement error)
    {
        JsonElement code = JsonScalar.Member(error, "code");
        JsonElement message = JsonScalar.Member(error, "message");
        if (code.ValueKind != JsonValueKind.Number || !code.TryGetInt32(out int number)
            || message.ValueKind != JsonValueKind.String)
        {
            throw JsonScalar.Malformed("error", "code or message of the wrong type");
        }

        string text = OneLine(message.GetString()!);
        JsonScalar.TryMember(error, "data", out JsonElement value);
        bool saysRevert = number == VmErrorCode || SaysRevert(text) || DataSaysRevert(value);
        byte[] data = RevertData(value, saysRevert, DataDepthMax);
        bool isRevert = number == RevertedCode || data.Length > 0 || saysRevert;
        string reason = RevertReasons.Describe(data);
        bool isSaid = reason.Length == 0 || text.Contains(reason, StringComparison.Ordinal);
        return new ChainException(
            isRevert ? ChainFault.Reverted : IsLimit(number, text) ? ChainFault.RateLimited
                : ChainFault.Rejected,
            RevertReasons.IsKnown(data) ? reason
                : isSaid ? $"{text} (code {number})"
                : $"{text}: {reason} (code {number})")
        {
            Code = number,
            RevertData = data,
        };
    }

    // "execution reverted", "Reverted 0x…", "VM Exception while processing transaction: revert",
    // "reverted with custom error": there are as many wordings as clients.
    private static bool SaysRevert(string text) =>
        text.Contains("revert", StringComparison.OrdinalIgnoreCase);

    private static bool DataSaysRevert(JsonElement data) => data.ValueKind switch
    {
        JsonValueKind.String => SaysRevert(data.GetString()!),
        JsonValueKind.Object => SaysRevert(data.GetRawText()),
        _ => false,
    };

    /// <summary>The 0x of an error's data: as it is, after a word ("Reverted 0x…"), or inside an
    /// object, where only a text that speaks of a revert makes it one.</summary>
    private static byte[] RevertData(JsonElement data, bool saysRevert, int depth)
    {
        if (data.ValueKind == JsonValueKind.String)
        {
            string text = data.GetString()!;
            int at = text.IndexOf("0x", StringComparison.Ordinal);
            bool isData = at == 0 || (at > 0 && saysRevert);
            return isData && Hex.TryDecode(text.AsSpan(at), out byte[] bytes) ? bytes : [];
        }

        if (data.ValueKind != JsonValueKind.Object || !saysRevert || depth == 0)
        {
            return [];
        }

        foreach (JsonProperty member in data.EnumerateObject())
        {
            // Hashes of transactions and program counters stand beside it.
            bool isNested = member.Value.ValueKind == JsonValueKind.Object;
            if (isNested || member.Name is "data" or "return" or "result" or "output")
            {
                byte[] found = RevertData(member.Value, saysRevert, depth - 1);
                if (found.Length > 0)
                {
                    return found;
                }
            }
        }

        return [];
    }

    private static bool IsLimit(int code, string text) => code is LimitCode or 429
        || Array.Exists(
            s_limitWords, word => text.Contains(word, StringComparison.OrdinalIgnoreCase));
}

/// <summary>One answer of a batch: a value, or why there is none.</summary>
internal readonly record struct RpcAnswer<T>(T? Value, ChainException? Error);
