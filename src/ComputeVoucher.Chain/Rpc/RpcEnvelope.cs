using System;
using System.Buffers;
using System.Collections.Generic;
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
            writer.WriteStartObject();
            writer.WriteString("jsonrpc"u8, "2.0"u8);
            writer.WriteNumber("id"u8, id);
            writer.WriteString("method"u8, method);
            writer.WriteStartArray("params"u8);
            parameters(writer);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Hands the result element to <paramref name="read"/>.</summary>
    /// <exception cref="ChainException">Malformed, Rejected, Reverted or RateLimited.</exception>
    public static T Response<T>(ReadOnlyMemory<byte> bytes, uint id, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, s_options);
            JsonElement root = document.RootElement;
            RefuseTwins(root);
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw JsonScalar.Malformed("response", $"{root.ValueKind}, not an object");
            }

            if (!root.TryGetProperty("jsonrpc"u8, out JsonElement version)
                || version.ValueKind != JsonValueKind.String
                || !version.ValueEquals("2.0"u8))
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

    private static void CheckId(JsonElement root, uint id, bool hasError)
    {
        bool present = root.TryGetProperty("id"u8, out JsonElement value);
        bool matches = present && value.ValueKind == JsonValueKind.Number
            && value.TryGetUInt32(out uint number) && number == id;

        // JSON-RPC 2.0, section 5: an error met before the id could be read carries null.
        bool isNullOfError = hasError && present && value.ValueKind == JsonValueKind.Null;
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
        byte[] data = [];
        if (JsonScalar.TryMember(error, "data", out JsonElement value)
            && value.ValueKind == JsonValueKind.String
            && value.GetString()!.StartsWith("0x", StringComparison.Ordinal)
            && Hex.TryDecode(value.GetString()!, out byte[] bytes))
        {
            data = bytes;
        }

        bool isRevert = number == RevertedCode || data.Length > 0
            || text.Contains("execution reverted", StringComparison.OrdinalIgnoreCase);
        ChainFault fault = isRevert ? ChainFault.Reverted
            : number is LimitCode or 429 ? ChainFault.RateLimited
            : ChainFault.Rejected;
        string reason = RevertReasons.Describe(data);
        bool isSaid = reason.Length == 0 || text.Contains(reason, StringComparison.Ordinal);
        return new ChainException(
            fault, RevertReasons.IsKnown(data) ? reason : isSaid ? $"{text} (code {number})" : $"{text}: {reason} (code {number})")
        {
            Code = number,
            RevertData = data,
        };
    }
}
