using System;
using System.Collections.Generic;
using Google.FlatBuffers;

namespace ComputeVoucher.ModelFiles;

/// <summary>
/// Writes a TensorFlow Lite file, schema version 3: the slot numbers below are the field ids of
/// that schema. It checks nothing, so that tests can write what no importer should take.
/// </summary>
public sealed class TfliteWriter
{
    /// <summary>Tensor types, as the schema numbers them.</summary>
    public const sbyte TypeInt32 = 2, TypeUInt8 = 3, TypeInt8 = 9;

    private readonly FlatBufferBuilder _builder = new(1 << 16);
    private readonly List<int> _buffers = [];
    private readonly List<int> _tensors = [];
    private readonly List<int> _operators = [];
    private readonly List<(int Code, string? Custom)> _codes = [];

    /// <summary>Begins with buffer 0, which the schema keeps empty.</summary>
    public TfliteWriter() => AddBuffer([]);

    /// <summary>One scale, or one for each index of the dimension.</summary>
    /// <returns>For <see cref="AddTensor"/>.</returns>
    public int Quantize(float[] scales, long[] zeroPoints, int dimension)
    {
        VectorOffset scaleVector = Vector(scales, sizeof(float), (b, v) => b.AddFloat(v));
        VectorOffset zeroVector = Vector(zeroPoints, sizeof(long), (b, v) => b.AddLong(v));
        return Table(7, b =>
        {
            b.AddOffset(2, scaleVector.Value, 0);
            b.AddOffset(3, zeroVector.Value, 0);
            b.AddInt(6, dimension, 0);
        });
    }

    /// <param name="name">For messages.</param>
    /// <param name="shape">Sizes, the outermost first.</param>
    /// <param name="type">Of its elements.</param>
    /// <param name="data">A constant's content; empty for an activation.</param>
    /// <param name="quantization">Of <see cref="Quantize"/>; 0 where there is none.</param>
    /// <param name="isVariable">It keeps its content between runs.</param>
    /// <returns>Its number.</returns>
    public int AddTensor(
        string name, int[] shape, sbyte type, byte[] data, int quantization,
        bool isVariable = false)
    {
        ArgumentNullException.ThrowIfNull(data);
        int buffer = data.Length == 0 ? 0 : AddBuffer(data);
        StringOffset nameOffset = _builder.CreateString(name);
        VectorOffset shapeVector = Ints(shape);
        _tensors.Add(Table(6, b =>
        {
            b.AddOffset(0, shapeVector.Value, 0);
            b.AddSbyte(1, type, 0);
            b.AddUint(2, (uint)buffer, 0);
            b.AddOffset(3, nameOffset.Value, 0);
            b.AddOffset(4, quantization, 0);
            b.AddBool(5, isVariable, false);
        }));
        return _tensors.Count - 1;
    }

    /// <param name="code">Builtin operator.</param>
    /// <param name="inputs">Numbers of tensors; −1 for one that is left out.</param>
    /// <param name="output">Number of a tensor.</param>
    /// <param name="type">Which table of options; 0 without.</param>
    /// <param name="options">Its fields by slot: sbyte, byte, bool, int, float or int[]; null where
    /// a field, or the table, is absent.</param>
    /// <param name="custom">Name of a custom operator.</param>
    public void AddOperator(
        int code, int[] inputs, int output, byte type, object?[]? options, string? custom = null)
    {
        int optionTable = options is null ? 0 : Fields(options);
        if (!_codes.Contains((code, custom)))
        {
            _codes.Add((code, custom));
        }

        VectorOffset inputVector = Ints(inputs);
        VectorOffset outputVector = Ints([output]);
        _operators.Add(Table(5, b =>
        {
            b.AddUint(0, (uint)_codes.IndexOf((code, custom)), 0);
            b.AddOffset(1, inputVector.Value, 0);
            b.AddOffset(2, outputVector.Value, 0);
            b.AddByte(3, type, 0);
            b.AddOffset(4, optionTable, 0);
        }));
    }

    /// <summary>The bytes of the file.</summary>
    public byte[] Finish(
        int[] inputs, int[] outputs, string description, uint version = 3, int graphCount = 1)
    {
        List<int> codes = [];
        foreach ((int code, string? custom) in _codes)
        {
            int name = custom is null ? 0 : _builder.CreateString(custom).Value;
            codes.Add(Table(4, b =>
            {
                // Codes that do not fit the old field stand in the new one alone.
                b.AddSbyte(0, (sbyte)Math.Min(code, 127), 0);
                b.AddOffset(1, name, 0);
                b.AddInt(2, 1, 1);
                b.AddInt(3, code, 0);
            }));
        }

        List<int> graphs = [];
        int graph = Graph(inputs, outputs);
        for (int i = 0; i < graphCount; i++)
        {
            graphs.Add(graph);
        }

        VectorOffset codeVector = Offsets(codes);
        VectorOffset graphVector = Offsets(graphs);
        StringOffset text = _builder.CreateString(description);
        VectorOffset buffers = Offsets(_buffers);
        int model = Table(5, b =>
        {
            b.AddUint(0, version, 0);
            b.AddOffset(1, codeVector.Value, 0);
            b.AddOffset(2, graphVector.Value, 0);
            b.AddOffset(3, text.Value, 0);
            b.AddOffset(4, buffers.Value, 0);
        });
        _builder.Finish(model, "TFL3");
        return _builder.SizedByteArray();
    }

    private int Graph(int[] inputs, int[] outputs)
    {
        VectorOffset tensors = Offsets(_tensors);
        VectorOffset inputVector = Ints(inputs);
        VectorOffset outputVector = Ints(outputs);
        VectorOffset operators = Offsets(_operators);
        StringOffset name = _builder.CreateString("main");
        return Table(5, b =>
        {
            b.AddOffset(0, tensors.Value, 0);
            b.AddOffset(1, inputVector.Value, 0);
            b.AddOffset(2, outputVector.Value, 0);
            b.AddOffset(3, operators.Value, 0);
            b.AddOffset(4, name.Value, 0);
        });
    }

    private int AddBuffer(byte[] data)
    {
        int vector = 0;
        if (data.Length > 0)
        {
            // The schema forces buffers to 16-byte alignment, so that kernels may load them in
            // place.
            _builder.StartVector(1, data.Length, 16);
            for (int i = data.Length - 1; i >= 0; i--)
            {
                _builder.AddByte(data[i]);
            }

            vector = _builder.EndVector().Value;
        }

        _buffers.Add(Table(1, b => b.AddOffset(0, vector, 0)));
        return _buffers.Count - 1;
    }

    /// <summary>A table of fields by slot.</summary>
    private int Fields(object?[] fields)
    {
        int[] vectors = new int[fields.Length];
        for (int i = 0; i < fields.Length; i++)
        {
            vectors[i] = fields[i] is int[] ints ? Ints(ints).Value : 0;
        }

        return Table(fields.Length, b =>
        {
            for (int i = 0; i < fields.Length; i++)
            {
                Add(b, i, fields[i], vectors[i]);
            }
        });
    }

    private static void Add(FlatBufferBuilder builder, int slot, object? field, int vector)
    {
        switch (field)
        {
            case null:
                break;
            case sbyte x:
                builder.AddSbyte(slot, x, 0);
                break;
            case byte x:
                builder.AddByte(slot, x, 0);
                break;
            case bool x:
                builder.AddBool(slot, x, false);
                break;
            case int x:
                builder.AddInt(slot, x, 0);
                break;
            case float x:
                builder.AddFloat(slot, x, 0);
                break;
            case int[]:
                builder.AddOffset(slot, vector, 0);
                break;
            default:
                throw new ArgumentException($"no field is a {field.GetType().Name}", nameof(field));
        }
    }

    private int Table(int slots, Action<FlatBufferBuilder> fill)
    {
        _builder.StartTable(slots);
        fill(_builder);
        return _builder.EndTable();
    }

    private VectorOffset Ints(int[] values) => Vector(values, sizeof(int), (b, v) => b.AddInt(v));

    private VectorOffset Offsets(List<int> offsets)
    {
        _builder.StartVector(sizeof(int), offsets.Count, sizeof(int));
        for (int i = offsets.Count - 1; i >= 0; i--)
        {
            _builder.AddOffset(offsets[i]);
        }

        return _builder.EndVector();
    }

    private VectorOffset Vector<T>(T[] values, int bytes, Action<FlatBufferBuilder, T> add)
    {
        _builder.StartVector(bytes, values.Length, bytes);
        for (int i = values.Length - 1; i >= 0; i--)
        {
            add(_builder, values[i]);
        }

        return _builder.EndVector();
    }
}
