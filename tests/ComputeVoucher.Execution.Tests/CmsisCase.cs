using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Execution.Tests;

/// <summary>One file of CMSIS-NN vectors as a graph of our operators.</summary>
internal sealed class CmsisCase
{
    /// <summary>
    /// Shapes and permutations that the JSON files lost (their #defines span lines), from
    /// config_data.h of the same cases in CMSIS-NN.
    /// </summary>
    private static readonly Dictionary<string, (int[] Dims, int[] Perm)> s_transposes = new()
    {
        ["transpose_3dim2"] = ([5, 4, 20], [1, 2, 0]),
        ["transpose_default"] = ([4, 3, 3, 22], [3, 2, 1, 0]),
        ["transpose_ncwh"] = ([5, 4, 3, 9], [0, 3, 2, 1]),
        ["transpose_nwhc"] = ([1, 19, 3, 64], [0, 2, 1, 3]),
    };

    private readonly string _name;
    private readonly JsonElement _config;
    private readonly JsonElement _arrays;

    private CmsisCase(string name, JsonElement root)
    {
        _name = name;
        _config = root.GetProperty("config");
        _arrays = root.GetProperty("arrays");
    }

    public int[] Input => Array("input", "input_tensor");

    public int[] Expected => Array("output_ref", "output");

    public static CmsisCase Read(string name)
    {
        string text = File.ReadAllText(SharedData.PathOf("cmsis-nn-vectors", name + ".json"));
        using JsonDocument json = JsonDocument.Parse(text);
        return new CmsisCase(name, json.RootElement.Clone());
    }

    public GraphModel BuildModel() => _name switch
    {
        "ds_cnn_l" => BuildKeywordNetwork(),
        _ when s_transposes.ContainsKey(_name) => BuildTranspose(),
        _ when _name.Contains("pooling", StringComparison.Ordinal) => BuildPool(),
        _ when _name.StartsWith("fully", StringComparison.Ordinal) => BuildFullyConnected(),
        _ when Has("CH_MULT") => BuildDepthwise(),
        _ => BuildConv(),
    };

    private GraphModel BuildConv() => new GraphBuilder(Image("IN_CH"))
        .Add(ConvOutput(), w => new Conv2D(
            w, ConvWindow(""), Has("FILTER_CH") ? Int("FILTER_CH") : Int("IN_CH"), Clamp(""),
            new ChannelParameters(
                Weights("weights"), Array("biases"), Array("output_mult"), Array("output_shift"))))
        .Build();

    private GraphModel BuildDepthwise() => new GraphBuilder(Image("IN_CH"))
        .Add(ConvOutput(), w => new DepthwiseConv2D(
            w, ConvWindow(""), Clamp(""),
            new ChannelParameters(
                ByChannel(Weights("weights"), Int("OUT_CH")), Array("biases"),
                Array("output_mult"), Array("output_shift"))))
        .Build();

    private GraphModel BuildFullyConnected()
    {
        int channels = Int("OUT_CH");
        int depth = Int("ACCUMULATION_DEPTH");
        int batches = Int("INPUT_BATCHES");
        int[] bias = _arrays.TryGetProperty(_name + "_biases", out _)
            ? Array("biases") : new int[channels];
        return new GraphBuilder(GraphBuilder.Int8(-Int("INPUT_OFFSET"), batches, depth))
            .Add(Output(batches, channels), w => new FullyConnected(
                w, depth, Has("FILTER_OFFSET") ? -Int("FILTER_OFFSET") : 0, Clamp(""),
                new ChannelParameters(
                    Weights("weights"), bias, Repeat(Int("OUTPUT_MULTIPLIER"), channels),
                    Repeat(Int("OUTPUT_SHIFT"), channels))))
            .Build();
    }

    private GraphModel BuildPool()
    {
        int batches = Int("BATCH_SIZE");
        Window window = new(
            Int("FILTER_H"), Int("FILTER_W"), Int("STRIDE_H"), Int("STRIDE_W"), 1, 1,
            Int("PADDING_H"), Int("PADDING_W"));
        Activation clamp = new(Int("ACTIVATION_MIN"), Int("ACTIVATION_MAX"));
        GraphTensor input = GraphBuilder.Int8(
            0, batches, Int("INPUT_H"), Int("INPUT_W"), Int("INPUT_C"));
        GraphTensor output = GraphBuilder.Int8(
            0, batches, Int("OUTPUT_H"), Int("OUTPUT_W"), Int("OUTPUT_C"));
        return new GraphBuilder(input).Add(
            output,
            w => _name.StartsWith("max", StringComparison.Ordinal)
                ? new MaxPool2D(w, window, clamp)
                : new AveragePool2D(w, window, clamp)).Build();
    }

    private GraphModel BuildTranspose()
    {
        (int[] dims, int[] perm) = s_transposes[_name];
        int[] turned = [.. perm.Select(p => dims[p])];
        return new GraphBuilder(GraphBuilder.Int8(0, dims))
            .Add(GraphBuilder.Int8(0, turned), w => new Transpose(w, perm)).Build();
    }

    /// <summary>
    /// The one whole network among the cases: layers 1 to 11, pool, dense, softmax.
    /// </summary>
    private GraphModel BuildKeywordNetwork()
    {
        GraphBuilder builder = new(GraphBuilder.Int8(
            -Int("CONV_2D_1_INPUT_OFFSET"), 1, Int("CONV_2D_1_INPUT_H"),
            Int("CONV_2D_1_INPUT_W"), Int("CONV_2D_1_IN_CH")));
        for (int layer = 1; layer <= 11; layer++)
        {
            string kind = layer % 2 == 0 ? "depthwise_conv_2d" : "conv_2d";
            string prefix = $"{kind.ToUpperInvariant()}_{layer}_";
            string arrays = $"layer_{layer}_{kind}_";
            int channels = Int(prefix + "OUT_CH");
            GraphTensor output = GraphBuilder.Int8(
                Int(prefix + "OUTPUT_OFFSET"), 1, Int(prefix + "OUTPUT_H"),
                Int(prefix + "OUTPUT_W"), channels);
            sbyte[] weights = Weights(arrays + "weights");
            ChannelParameters parameters = new(
                layer % 2 == 0 ? ByChannel(weights, channels) : weights,
                Array(arrays + "bias"), Array(arrays + "output_mult"),
                Array(arrays + "output_shift"));
            builder.Add(output, w => layer % 2 == 0
                ? new DepthwiseConv2D(w, ConvWindow(prefix), Clamp(prefix), parameters)
                : new Conv2D(
                    w, ConvWindow(prefix), Int(prefix + "IN_CH"), Clamp(prefix), parameters));
        }

        return AddHead(builder).Build();
    }

    private GraphBuilder AddHead(GraphBuilder builder)
    {
        const string Pool = "AVERAGE_POOL_2D_12_";
        const string Dense = "FULLY_CONNECTED_14_";
        int depth = Int(Pool + "OUT_CH");
        int zero = builder.Last.ZeroPoint;
        Window window = ConvWindow(Pool);
        builder.Add(
            GraphBuilder.Int8(zero, 1, 1, 1, depth),
            w => new AveragePool2D(w, window, Clamp(Pool)));
        int[] bias = Array("layer_14_fully_connected_bias");
        builder.Add(
            GraphBuilder.Int8(Int(Dense + "OUTPUT_OFFSET"), 1, bias.Length),
            w => new FullyConnected(w, depth, 0, Clamp(Dense), new ChannelParameters(
                Weights("layer_14_fully_connected_weights"), bias,
                Repeat(Int(Dense + "OUTPUT_MULTIPLIER"), bias.Length),
                Repeat(Int(Dense + "OUTPUT_SHIFT"), bias.Length))));
        return builder.Add(
            GraphBuilder.Int8(-128, 1, bias.Length),
            w => new Softmax(
                w, Int("SOFTMAX_15_MULT"), Int("SOFTMAX_15_SHIFT"), Int("SOFTMAX_15_DIFF_MIN")));
    }

    private GraphTensor Image(string channels) => GraphBuilder.Int8(
        -Int("INPUT_OFFSET"), Int("INPUT_BATCHES"), Int("INPUT_H"), Int("INPUT_W"),
        Has("FILTER_CH") || Has("CH_MULT") ? Input.Length
            / (Int("INPUT_BATCHES") * Int("INPUT_H") * Int("INPUT_W")) : Int(channels));

    private GraphTensor ConvOutput() =>
        Output(Int("INPUT_BATCHES"), Int("OUTPUT_H"), Int("OUTPUT_W"), Int("OUT_CH"));

    private GraphTensor Output(params ReadOnlySpan<int> dims) =>
        GraphBuilder.Int8(Int("OUTPUT_OFFSET"), dims);

    private Window ConvWindow(string prefix) => new(
        Int(prefix + "FILTER_Y"), Int(prefix + "FILTER_X"),
        Int(prefix + "STRIDE_Y"), Int(prefix + "STRIDE_X"),
        Int(prefix + "DILATION_Y"), Int(prefix + "DILATION_X"),
        Int(prefix + "PAD_Y"), Int(prefix + "PAD_X"));

    private Activation Clamp(string prefix) => new(
        Int(prefix + "OUT_ACTIVATION_MIN"), Int(prefix + "OUT_ACTIVATION_MAX"));

    /// <summary>Config keys carry the case's name, but for the network's.</summary>
    private bool Has(string key) => _config.TryGetProperty(KeyOf(key), out _);

    private int Int(string key) => _config.GetProperty(KeyOf(key)).GetInt32();

    private string KeyOf(string key)
    {
        string full = $"{_name.ToUpperInvariant()}_{key}";
        return _config.TryGetProperty(full, out _) ? full : key;
    }

    private int[] Array(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            foreach (string key in (ReadOnlySpan<string>)[$"{_name}_{name}", name])
            {
                if (_arrays.TryGetProperty(key, out JsonElement array))
                {
                    return array.GetProperty("data").EnumerateArrayOfInt();
                }
            }
        }

        throw new InvalidDataException($"{_name} has no {string.Join(" or ", names.ToArray())}");
    }

    private sbyte[] Weights(string name) => [.. Array(name).Select(x => (sbyte)x)];

    private static int[] Repeat(int value, int count) => [.. Enumerable.Repeat(value, count)];

    private static sbyte[] ByChannel(sbyte[] weights, int channels) =>
        [.. Enumerable.Range(0, weights.Length).Select(
            i => weights[i % (weights.Length / channels) * channels
                + i / (weights.Length / channels)])];
}
