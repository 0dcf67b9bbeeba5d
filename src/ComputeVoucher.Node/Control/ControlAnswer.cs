using System;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ComputeVoucher.Node;

/// <summary>One line of JSON: an object with <c>error</c>, or with what was asked for.</summary>
internal static class ControlAnswer
{
    /// <summary>The name under which a refusal stands.</summary>
    public const string ErrorName = "error";

    /// <summary>Integers above 2^53 are strings: a reader with doubles would round them.</summary>
    private const ulong ExactInDoubleMax = 1UL << 53;

    private static readonly JsonWriterOptions s_json =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Error(string line) =>
        Of(json => json.WriteString(ErrorName, line));

    /// <summary>The object that <paramref name="write"/> fills.</summary>
    public static string Of(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, s_json))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>An amount, exactly; null where there is none.</summary>
    public static void Amount(this Utf8JsonWriter json, string name, UInt128? amount)
    {
        if (amount is not UInt128 value)
        {
            json.WriteNull(name);
        }
        else if (value <= ExactInDoubleMax)
        {
            json.WriteNumber(name, (ulong)value);
        }
        else
        {
            json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
        }
    }
}
