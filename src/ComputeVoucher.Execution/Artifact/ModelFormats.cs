using System;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>
/// The formats that <see cref="ModelFile"/> opens; the first that recognises a file reads it.
/// </summary>
internal static class ModelFormats
{
    public static ReadOnlySpan<ModelFormat> All => s_all;

    private static readonly ModelFormat[] s_all =
    [
        new(
            ".cvm", GraphLimits.ModelBytesMax,
            (head, _) => head.StartsWith(CvmFile.Magic),
            ImportArtifact),

        // Language models are read by offset, not as a whole; see ModelFile.Open.
        new(
            ".gguf", int.MaxValue,
            (head, _) => GgufReader.Looks(head),
            ImportLanguage),
        new(
            "llama2.c .bin", int.MaxValue,
            (head, name) => name.EndsWith(".bin", StringComparison.OrdinalIgnoreCase),
            ImportLanguage),

        // The identifier of the schema stands behind the offset of the root table.
        new(
            ".tflite", GraphLimits.ModelBytesMax,
            (head, _) => head.Length >= 8 && head[4..8].SequenceEqual("TFL3"u8),
            file => new GraphModel(TfliteImporter.Import(file))),
    ];

    private static LanguageModel ImportLanguage(ReadOnlyMemory<byte> file)
    {
        using MemorySource source = new(file);
        return LanguageModel.Import(source);
    }

    private static IModel ImportArtifact(ReadOnlyMemory<byte> file)
    {
        CvmContents contents = CvmFile.Read(file);
        return contents.Format switch
        {
            CvmFile.Graph => GraphArtifact.Load(contents),
            CvmFile.Language => ImportLanguage(file),
            _ => throw new ModelException(
                FormattableString.Invariant($"artifact format {contents.Format} is unknown")),
        };
    }
}

/// <summary>A file format that models come in.</summary>
/// <param name="Name">For messages.</param>
/// <param name="BytesMax">Larger files are refused before they are read.</param>
/// <param name="Recognises">By the first bytes of the file and its name.</param>
/// <param name="Import">Reads the whole file.</param>
internal sealed record ModelFormat(
    string Name, long BytesMax, FormatTest Recognises, Func<ReadOnlyMemory<byte>, IModel> Import);

/// <summary>
/// Recognises a format by the first 16 bytes (or fewer) of a file and by its name.
/// </summary>
internal delegate bool FormatTest(ReadOnlySpan<byte> head, string name);
