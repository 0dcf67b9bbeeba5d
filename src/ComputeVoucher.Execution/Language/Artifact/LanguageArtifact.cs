using System;
using System.Buffers.Binary;
using System.IO;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// Language models as `.cvm` artifacts: the container of <see cref="CvmFile"/> with the canonical
/// architecture, then the parameter rows in root order, u32 trained context, and the vocabulary.
/// </summary>
internal static class LanguageArtifact
{
    /// <summary>An architecture of the most layers.</summary>
    private const int ArchitectureBytesMax = 4096;

    /// <summary>The vocabulary of a model file is within the GGUF header's limit too.</summary>
    private const int VocabularyBytesMax = 64 << 20;

    public static bool Looks(ReadOnlySpan<byte> head) =>
        head.Length >= 8 && head.StartsWith(CvmFile.Magic) &&
        BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) == CvmFile.Language;

    public static bool Looks(ByteSource source)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(8, source.Length)];
        source.Read(0, head);
        return Looks(head);
    }

    public static void Save(LanguageModel model, Stream destination)
    {
        LlamaParameters parameters = model.Parameters;
        byte[] vocabulary = VocabularyCodec.Encode(model.Tokenizer?.Vocabulary);
        long rows = RowsBytes(parameters);
        Span<byte> header = stackalloc byte[CvmFile.HeaderBytes];
        CvmFile.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], CvmFile.Language);
        model.ModelRoot.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[40..], model.ArchitectureBytes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[48..], rows + 4 + vocabulary.Length);
        destination.Write(header);
        destination.Write(model.ArchitectureBytes);
        byte[] scratch = new byte[LlamaLayout.RowBytesMax(parameters)];
        foreach (LlamaPart part in LlamaLayout.Parts(parameters))
        {
            for (int row = 0; row < part.Rows; row++)
            {
                Span<byte> bytes = scratch.AsSpan(0, part.RowBytes);
                part.CopyRow(row, bytes);
                destination.Write(bytes);
            }
        }

        Span<byte> context = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(context, model.TrainedContext);
        destination.Write(context);
        destination.Write(vocabulary);
    }

    /// <exception cref="ModelException">Damaged: not the model that its root names.</exception>
    public static LanguageModel Load(ByteSource source, Tokenizer? tokenizer)
    {
        byte[] header = new byte[CvmFile.HeaderBytes];
        source.Read(0, header);
        long architecture = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(40));
        long body = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(48));
        if (architecture is < 0 or > ArchitectureBytesMax || body < 0 ||
            source.Length - CvmFile.HeaderBytes - architecture != body)
        {
            throw source.Refuse("is cut off or damaged: its header and its length disagree");
        }

        byte[] encoding = new byte[architecture];
        source.Read(CvmFile.HeaderBytes, encoding);
        LlamaParameters parameters = LlamaArchitecture.Decode(encoding, body, source);
        long at = CvmFile.HeaderBytes + architecture;
        byte[] scratch = new byte[LlamaLayout.RowBytesMax(parameters)];
        foreach (LlamaPart part in LlamaLayout.Parts(parameters))
        {
            for (int row = 0; row < part.Rows; row++)
            {
                Span<byte> bytes = scratch.AsSpan(0, part.RowBytes);
                source.Read(at, bytes);
                part.SetRow(row, bytes);
                at += bytes.Length;
            }
        }

        return Finish(source, header, parameters, at, tokenizer);
    }

    public static long RowsBytes(LlamaParameters parameters)
    {
        long bytes = 0;
        foreach (LlamaPart part in LlamaLayout.Parts(parameters))
        {
            bytes += (long)part.Rows * part.RowBytes;
        }

        return bytes;
    }

    private static LanguageModel Finish(
        ByteSource source, byte[] header, LlamaParameters parameters, long at, Tokenizer? tokenizer)
    {
        int declared = parameters.ResidualBits;
        parameters = LlamaBounds.Check(parameters, source.Refuse);
        Span<byte> context = stackalloc byte[4];
        source.Read(at, context);
        long vocabulary = source.Length - at - 4;
        if (declared != parameters.ResidualBits || vocabulary > VocabularyBytesMax)
        {
            throw source.Refuse("is damaged: its residual width or its vocabulary is not its own");
        }

        byte[] bytes = new byte[vocabulary];
        source.Read(at + 4, bytes);
        tokenizer ??= Tokenizers.Of(VocabularyCodec.Decode(bytes, source));
        LanguageModel.CheckWords(source, tokenizer?.Count, parameters.Shape.Vocab);
        var model = new LanguageModel(
            parameters, tokenizer, BinaryPrimitives.ReadInt32LittleEndian(context));
        return model.ModelRoot == new Bytes32(header.AsSpan(8, 32))
            ? model
            : throw source.Refuse($"has content of root {model.ModelRoot}, its header says " +
                $"another: it is damaged");
    }
}
