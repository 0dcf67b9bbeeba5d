using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Trace;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>
/// An order and its receipt as one JSON object. Two fields are signed bytes; the output, its shapes
/// and the input of a language order are bound by roots in them; the rest repeats them for readers,
/// and is made anew and compared when a line is read, so that nothing in it can be changed.
/// </summary>
internal static class ReceiptLine
{
    /// <summary>Of lines of before, and of no meaning.</summary>
    private const string OldIndex = "index";

    /// <summary>Stands in the shapes of a language model where its answer has its length.</summary>
    private const string AnyLength = "tokens";

    private static readonly (string Name, TensorType Type)[] s_types =
    [
        ("int8", TensorType.Int8), ("uint8", TensorType.UInt8), ("int32", TensorType.Int32),
    ];

    /// <param name="model">What was ordered.</param>
    /// <param name="order">Signed.</param>
    /// <param name="receipt">Signed.</param>
    /// <param name="output">The answer.</param>
    /// <param name="input">The input record of a language order.</param>
    public static string Write(IModel model, ReadOnlySpan<byte> order, ReadOnlySpan<byte> receipt,
        byte[] output, ReadOnlyMemory<byte> input)
    {
        List<string> shapes = [];
        string length = (output.Length / sizeof(int)).ToString(CultureInfo.InvariantCulture);
        foreach (string shape in output.Length == 0 ? [] : model.Description.Outputs)
        {
            shapes.Add(shape.Replace(AnyLength, length, StringComparison.Ordinal));
        }

        return Compose(new Parts(order.ToArray(), receipt.ToArray(), output, shapes,
            model.IsStream ? input.ToArray() : null));
    }

    /// <exception cref="CommandException">A field is not what the signed bytes say.</exception>
    public static Parts Read(JsonElement line)
    {
        Parts parts = new(
            Bytes(line, "order") ?? throw new CommandException("`order` is missing"),
            Bytes(line, "receipt") ?? throw new CommandException("`receipt` is missing"),
            Bytes(line, "output"), Texts(line, "outputs"), Bytes(line, "input"));
        using JsonDocument again = JsonDocument.Parse(Compose(parts));
        foreach (JsonProperty field in line.EnumerateObject())
        {
            if (field.Name != OldIndex
                && !(again.RootElement.TryGetProperty(field.Name, out JsonElement right)
                    && JsonElement.DeepEquals(field.Value, right)))
            {
                throw new CommandException(
                    $"`{field.Name}` is not what the signed order and receipt say");
            }
        }

        return parts;
    }

    /// <summary>The root that the shapes give these bytes.</summary>
    /// <exception cref="FormatException">Not shapes, or not of so many bytes.</exception>
    public static Bytes32 OutputRoot(IReadOnlyList<string> shapes, ReadOnlySpan<byte> output)
    {
        Bytes32[] hashes = new Bytes32[shapes.Count];
        for (int i = 0; i < hashes.Length; i++)
        {
            (TensorType type, int[] dims) = Shape(shapes[i]);
            long bytes = TraceTree.ElementBytes(type);
            foreach (int dim in dims)
            {
                bytes = Math.Min(bytes * dim, int.MaxValue);
            }

            if (bytes > output.Length)
            {
                throw new FormatException($"the output is shorter than {shapes[i]}");
            }

            hashes[i] = TraceTree.TensorHash(type, dims, output[..(int)bytes]);
            output = output[(int)bytes..];
        }

        return output.IsEmpty
            ? TraceTree.ListRoot(hashes)
            : throw new FormatException("the output is longer than its shapes");
    }

    internal static string Compose(Parts parts)
    {
        if (SignedPayload.Decode(parts.Order, out Order order, out _) != RefusalReason.None
            || SignedPayload.Decode(parts.Receipt, out Receipt receipt, out _)
                != RefusalReason.None)
        {
            throw new CommandException(Refusals.Describe(RefusalReason.PayloadSize));
        }

        Report line = new Report()
            .Add("channel", order.Channel.ToString())
            .Add("seq", order.Seq)
            .Add("orderHash", order.HashStruct().ToString())
            .Add("modelRoot", order.ModelRoot.ToString())
            .Add("inputRoot", order.InputRoot.ToString())
            .Add("order", Hex.Encode(parts.Order))
            .Add("receipt", Hex.Encode(parts.Receipt))
            .Add("units", receipt.Units)
            .Add("steps", receipt.Steps)
            .Add("outputRoot", receipt.OutputRoot.ToString())
            .Add("traceRoot", receipt.TraceRoot.ToString());
        if (parts.Output is { } output)
        {
            line.Add("output", Hex.Encode(output)).Add("outputs", parts.Shapes);
        }

        return (parts.Input is { } input ? line.Add("input", Hex.Encode(input)) : line).ToJson();
    }

    private static (TensorType Type, int[] Dims) Shape(string text)
    {
        foreach ((string name, TensorType type) in s_types)
        {
            if (text.StartsWith(name + " [", StringComparison.Ordinal) && text[^1] == ']')
            {
                string[] parts = text[(name.Length + 2)..^1].Split(
                    ", ", StringSplitOptions.RemoveEmptyEntries);
                return (type, Array.ConvertAll(parts, one => int.Parse(
                    one, NumberStyles.None, CultureInfo.InvariantCulture)));
            }
        }

        throw new FormatException($"{text}: not a shape");
    }

    private static byte[]? Bytes(JsonElement line, string field) =>
        line.TryGetProperty(field, out JsonElement value) ? Hex.Decode(value.GetString()) : null;

    private static List<string> Texts(JsonElement line, string field)
    {
        List<string> texts = [];
        if (line.TryGetProperty(field, out JsonElement array))
        {
            foreach (JsonElement one in array.EnumerateArray())
            {
                texts.Add(one.GetString() ?? "");
            }
        }

        return texts;
    }

    /// <summary>What is in a line and not derived.</summary>
    /// <param name="Order">With the spend key's signature.</param>
    /// <param name="Receipt">With the node's signature.</param>
    /// <param name="Output">The answer; null where the line has none.</param>
    /// <param name="Shapes">Of the output, "int8 [1, 10]".</param>
    /// <param name="Input">Input record of a language order; null where the line has none.</param>
    internal sealed record Parts(byte[] Order, byte[] Receipt, byte[]? Output,
        IReadOnlyList<string> Shapes, byte[]? Input);
}
