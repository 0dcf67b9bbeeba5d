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

    /// <summary>
    /// Matrices of the right form and shape, still empty, once it is certain that the artifact
    /// has the bytes to fill them.
    /// </summary>
    /// <exception cref="ModelException">Not the one encoding of an architecture.</exception>
    public static LlamaParameters Decode(byte[] encoding, long bodyBytes, ByteSource source)
    {
        using var reader = new BinaryReader(new MemoryStream(encoding));
        try
        {
            LlamaParameters model = Read(reader, bodyBytes, source);
            return Of(model).Encode().AsSpan().SequenceEqual(encoding)
                ? model
                : throw source.Refuse("has an architecture of another version; import it again");
        }
        catch (EndOfStreamException)
        {
            throw source.Refuse("ends within its architecture; import the model again");
        }
    }

    private static LlamaParameters Read(BinaryReader reader, long bodyBytes, ByteSource source)
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
            throw source.Refuse(problem);
        }

        long epsilon = reader.ReadInt64();
        int multiplier = reader.ReadInt32();
        int shift = reader.ReadInt32();
        int residual = reader.ReadInt32();
        bool tied = reader.ReadInt32() != 0;
        reader.BaseStream.Position += ConstantBytes;
        if ((multiplier, shift) != LlamaParameters.Score(shape.HeadDim) ||
            epsilon is < 0 or > (1L << 48))
        {
            throw source.Refuse("has constants that do not follow from its shape");
        }

        var builder = new EmptyLlama(shape, bodyBytes, new WeightArena(bodyBytes), source);
        QuantMatrix embedding = builder.Matrix(WeightId.Embedding, reader.ReadByte());
        byte form = reader.ReadByte();
        QuantMatrix classifier = tied ? embedding : builder.Matrix(WeightId.Classifier, form);
        NormVector final = builder.Norm(reader.ReadByte());
        var layers = new LlamaLayer[shape.Layers];
        for (int i = 0; i < layers.Length; i++)
        {
            NormVector attention = builder.Norm(reader.ReadByte());
            NormVector feedForward = builder.Norm(reader.ReadByte());
            QuantMatrix Next(WeightId id) => builder.Matrix(id, reader.ReadByte());
            layers[i] = new LlamaLayer(
                attention, Next(WeightId.Query), Next(WeightId.Key), Next(WeightId.Value),
                Next(WeightId.Output), feedForward, Next(WeightId.Gate), Next(WeightId.Up),
                Next(WeightId.Down));
        }

        return new LlamaParameters
        {
            Shape = shape,
            Arena = builder.Arena,
            Embedding = embedding,
            Classifier = classifier,
            Layers = layers,
            FinalNorm = final,
            Rotary = builder.Rotary(),
            EpsilonTerm = epsilon,
            ScoreMultiplier = multiplier,
            ScoreShift = shift,
            ResidualBits = residual,
        };
    }
}
