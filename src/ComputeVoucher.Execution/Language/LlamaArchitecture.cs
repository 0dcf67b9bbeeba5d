using System;
using System.IO;
using System.Runtime.InteropServices;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Every number that the operators read and that is no parameter row, with its one encoding:
/// integers little endian.
/// </summary>
/// <param name="Shape">Dimensions.</param>
/// <param name="EpsilonTerm">See <see cref="LlamaParameters"/>, as the next four.</param>
/// <param name="ScoreMultiplier">Cq.</param>
/// <param name="ScoreShift">Cb.</param>
/// <param name="ResidualBits">32 or 64.</param>
/// <param name="Tied">Whether the embedding is the classifier.</param>
/// <param name="Kinds">
/// Forms of embedding and classifier, exponent of the final norm; per layer the exponents of both
/// norms and the forms of the seven matrices.
/// </param>
internal sealed record LlamaArchitecture(
    LlamaShape Shape, long EpsilonTerm, int ScoreMultiplier, int ScoreShift, int ResidualBits,
    bool Tied, byte[] Kinds)
{
    private const uint EncodingVersion = 1;

    /// <summary>Six numbers and two table hashes.</summary>
    private const int ConstantBytes = 6 * 4 + 2 * Bytes32.Size;

    private const int HeadKinds = 3;
    private const int LayerKinds = 9;

    public static LlamaArchitecture Of(LlamaParameters model)
    {
        byte[] kinds = new byte[HeadKinds + LayerKinds * model.Layers.Length];
        kinds[0] = (byte)model.Embedding.Form;
        kinds[1] = (byte)model.Classifier.Form;
        kinds[2] = (byte)model.FinalNorm.Exponent;
        int at = HeadKinds;
        foreach (LlamaLayer layer in model.Layers)
        {
            kinds[at++] = (byte)layer.AttentionNorm.Exponent;
            kinds[at++] = (byte)layer.FeedForwardNorm.Exponent;
            foreach (WeightId id in LlamaShape.LayerMatrices)
            {
                kinds[at++] = (byte)layer.Matrix(id).Form;
            }
        }

        return new LlamaArchitecture(
            model.Shape, model.EpsilonTerm, model.ScoreMultiplier, model.ScoreShift,
            model.ResidualBits, model.Tied, kinds);
    }

    /// <summary>Form of a matrix, exponent of a vector of gains.</summary>
    public byte Kind(WeightId id, int layer) => Kinds[id switch
    {
        WeightId.Embedding => 0,
        WeightId.Classifier => 1,
        WeightId.FinalNorm => 2,
        WeightId.AttentionNorm => HeadKinds + LayerKinds * layer,
        WeightId.FeedForwardNorm => HeadKinds + LayerKinds * layer + 1,
        _ => HeadKinds + LayerKinds * layer + 2 + (id - WeightId.Query),
    }];

    /// <summary>Bytes of a parameter row, see <see cref="LlamaRoots"/>.</summary>
    public int RowBytes(WeightId id, int layer)
    {
        int columns = Shape.Of(id).Columns;
        return id switch
        {
            WeightId.Rotary => 4 * Shape.HeadDim,
            >= WeightId.AttentionNorm => 2 * columns,
            _ => (columns + WeightForms.BlockColumns - 1) / WeightForms.BlockColumns *
                WeightForms.CellBytes((WeightForm)Kind(id, layer)),
        };
    }

    /// <summary>Parameter rows of the whole model, see <see cref="LlamaRoots"/>.</summary>
    public int Rows
    {
        get
        {
            LlamaShape s = Shape;
            int layer = 2 + s.QueryDim + 2 * s.KvDim + 2 * s.Dim + 2 * s.Hidden;
            return checked((Tied ? 1 : 2) * s.Vocab + s.Layers * layer + 1 + s.Context);
        }
    }

    public byte[] Encode()
    {
        LlamaShape s = Shape;
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(EncodingVersion);
        foreach (int n in (ReadOnlySpan<int>)
            [s.Dim, s.Hidden, s.Layers, s.Heads, s.KvHeads, s.HeadDim, s.Vocab, s.Context])
        {
            writer.Write(n);
        }

        writer.Write(EpsilonTerm);
        writer.Write(ScoreMultiplier);
        writer.Write(ScoreShift);
        writer.Write(ResidualBits);
        writer.Write(Tied ? 1 : 0);
        WriteConstants(writer);
        writer.Write(Kinds);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Constants of the operators and of the committed forms.</summary>
    private static void WriteConstants(BinaryWriter writer)
    {
        foreach (int n in (ReadOnlySpan<int>)
        [
            Rounding.FractionBits, Tables.ScoreFractionBits, AttentionWork.PartialTokens,
            MatrixWork.PartialColumns, RmsNorm.SquareColumns, (int)SamplingOptions.TopKMax,
        ])
        {
            writer.Write(n);
        }

        writer.Write(Keccak256.Hash(MemoryMarshal.AsBytes(Tables.Exp)).Span);
        writer.Write(Keccak256.Hash(MemoryMarshal.AsBytes(Tables.Sigmoid)).Span);
    }

    /// <summary>Reads an encoding.</summary>
    /// <exception cref="ModelException">Not the one encoding of an architecture.</exception>
    public static LlamaArchitecture Parse(byte[] encoding, Func<string, ModelException> refuse)
    {
        using var reader = new BinaryReader(new MemoryStream(encoding));
        try
        {
            LlamaArchitecture model = Read(reader, refuse);
            bool oneForm = !model.Tied || model.Kinds[0] == model.Kinds[1];
            return oneForm && model.Encode().AsSpan().SequenceEqual(encoding)
                ? model
                : throw refuse("has an architecture of another version; import it again");
        }
        catch (EndOfStreamException)
        {
            throw refuse("ends within its architecture; import the model again");
        }
    }

    /// <summary>
    /// Matrices of the right form and shape, still empty, once it is certain that the artifact
    /// has the bytes to fill them.
    /// </summary>
    /// <exception cref="ModelException">Not the one encoding of an architecture.</exception>
    public static LlamaParameters Decode(byte[] encoding, long bodyBytes, ByteSource source)
    {
        LlamaArchitecture model = Parse(encoding, source.Refuse);
        var builder = new EmptyLlama(model, bodyBytes, new WeightArena(bodyBytes), source);
        QuantMatrix embedding = builder.Matrix(WeightId.Embedding, 0);
        QuantMatrix classifier = model.Tied ? embedding : builder.Matrix(WeightId.Classifier, 0);
        var layers = new LlamaLayer[model.Shape.Layers];
        for (int i = 0; i < layers.Length; i++)
        {
            QuantMatrix Next(WeightId id) => builder.Matrix(id, i);
            layers[i] = new LlamaLayer(
                builder.Norm(WeightId.AttentionNorm, i), Next(WeightId.Query),
                Next(WeightId.Key), Next(WeightId.Value), Next(WeightId.Output),
                builder.Norm(WeightId.FeedForwardNorm, i), Next(WeightId.Gate),
                Next(WeightId.Up), Next(WeightId.Down));
        }

        return new LlamaParameters
        {
            Shape = model.Shape,
            Arena = builder.Arena,
            Embedding = embedding,
            Classifier = classifier,
            Layers = layers,
            FinalNorm = builder.Norm(WeightId.FinalNorm, 0),
            Rotary = builder.Rotary(),
            EpsilonTerm = model.EpsilonTerm,
            ScoreMultiplier = model.ScoreMultiplier,
            ScoreShift = model.ScoreShift,
            ResidualBits = model.ResidualBits,
        };
    }

    private static LlamaArchitecture Read(BinaryReader reader, Func<string, ModelException> refuse)
    {
        _ = reader.ReadUInt32();
        int[] n = new int[8];
        for (int i = 0; i < n.Length; i++)
        {
            n[i] = reader.ReadInt32();
        }

        var shape = new LlamaShape(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
        if (shape.Problem() is string problem)
        {
            throw refuse(problem);
        }

        long epsilon = reader.ReadInt64();
        int multiplier = reader.ReadInt32();
        int shift = reader.ReadInt32();
        int residual = reader.ReadInt32();
        bool tied = reader.ReadInt32() != 0;
        reader.BaseStream.Position += ConstantBytes;
        if ((multiplier, shift) != LlamaParameters.Score(shape.HeadDim) ||
            epsilon is < 0 or > (1L << 48) || residual is not (32 or 64))
        {
            throw refuse("has constants that do not follow from its shape");
        }

        byte[] kinds = new byte[HeadKinds + LayerKinds * shape.Layers];
        reader.BaseStream.ReadExactly(kinds);
        for (int i = 0; i < kinds.Length; i++)
        {
            bool norm = i < HeadKinds ? i == 2 : (i - HeadKinds) % LayerKinds < 2;
            if (norm ? kinds[i] > NormVector.ExponentMax : !WeightForms.IsKnown(kinds[i]))
            {
                throw refuse(norm
                    ? $"has a gain exponent of {kinds[i]}; import the model again"
                    : $"has a matrix of unknown form {kinds[i]}; import the model again");
            }
        }

        return new LlamaArchitecture(shape, epsilon, multiplier, shift, residual, tied, kinds);
    }
}
