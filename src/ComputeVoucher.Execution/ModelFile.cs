using System;
using System.IO;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Execution.Language;

namespace ComputeVoucher.Execution;

/// <summary>Opens, imports and saves models: `.cvm`, `.tflite`, `.gguf`, llama2.c `.bin`.</summary>
public static class ModelFile
{
    /// <summary>Bytes by which a format is recognised.</summary>
    private const int HeadBytes = 16;

    /// <summary>Opens a file of any of the formats.</summary>
    /// <exception cref="ModelException">Missing, damaged, too large or not supported.</exception>
    public static IModel Open(string path) => OpenWhole(path) ?? LanguageModel.Open(path);

    /// <summary>Null for a language model, which is not read as a whole.</summary>
    private static IModel? OpenWhole(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            Span<byte> head = stackalloc byte[HeadBytes];
            head = head[..stream.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false)];
            if (IsLanguage(head, path))
            {
                return null;
            }

            ModelFormat format = Recognise(head, path);
            CheckSize(format, stream.Length);
            byte[] file = new byte[stream.Length];
            stream.Position = 0;
            stream.ReadExactly(file);
            return Import(format, file);
        }
        catch (ModelException e)
        {
            throw new ModelException($"{path}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException
            or NotSupportedException or ArgumentException)
        {
            throw new ModelException($"{path}: cannot be read: {FirstLine(e.Message)}", e);
        }
    }

    /// <summary>Reads a model from memory; the name stands for the file in messages.</summary>
    /// <exception cref="ModelException">Damaged, too large or not supported.</exception>
    public static IModel Import(ReadOnlyMemory<byte> file, string name)
    {
        try
        {
            ReadOnlySpan<byte> head = file.Span[..Math.Min(HeadBytes, file.Length)];
            ModelFormat format = Recognise(head, name);
            CheckSize(format, file.Length);
            return Import(format, file);
        }
        catch (ModelException e)
        {
            throw new ModelException($"{name}: {e.Message}", e);
        }
    }

    /// <summary>Writes the `.cvm` artifact: re-opened, it has the same model root.</summary>
    /// <exception cref="ModelException">The model has no artifact form.</exception>
    public static void Save(IModel model, Stream destination)
    {
        switch (model)
        {
            case GraphModel graph:
                GraphArtifact.Save(graph, destination);
                break;
            case LanguageModel language:
                LanguageArtifact.Save(language, destination);
                break;
            default:
                throw new ModelException($"{model.Format} models cannot be saved as .cvm");
        }
    }

    private static bool IsLanguage(ReadOnlySpan<byte> head, string path) =>
        GgufReader.Looks(head) || LanguageArtifact.Looks(head) ||
        (path.EndsWith(".bin", StringComparison.OrdinalIgnoreCase) &&
            !head.StartsWith(CvmFile.Magic) &&
            !(head.Length >= 8 && head[4..8].SequenceEqual("TFL3"u8)));

    private static ModelFormat Recognise(ReadOnlySpan<byte> head, string name)
    {
        foreach (ModelFormat format in ModelFormats.All)
        {
            if (format.Recognises(head, name))
            {
                return format;
            }
        }

        throw new ModelException("the file is none of .cvm, .tflite, .gguf, llama2.c .bin");
    }

    private static void CheckSize(ModelFormat format, long bytes)
    {
        if (bytes > format.BytesMax)
        {
            throw new ModelException(FormattableString.Invariant(
                $"{bytes} bytes; {format.Name} models of up to {format.BytesMax} are read"));
        }
    }

    private static IModel Import(ModelFormat format, ReadOnlyMemory<byte> file)
    {
        try
        {
            return format.Import(file);
        }
        catch (OverflowException e)
        {
            // The checked arithmetic on lengths from the file: no value of theirs fits a model.
            throw new ModelException("the file is damaged: a length in it overflows", e);
        }
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();
}
