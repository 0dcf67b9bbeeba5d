using System;
using System.IO;

namespace ComputeVoucher.Execution;

/// <summary>Opens, imports and saves models: `.cvm`, `.tflite`, `.gguf`, llama2.c `.bin`.</summary>
public static class ModelFile
{
    /// <summary>Opens a file of any of the formats.</summary>
    /// <exception cref="ModelException">Missing, damaged, too large or not supported.</exception>
    public static IModel Open(string path) => throw new NotImplementedException(path);

    /// <summary>Reads a model from memory; the name stands for the file in messages.</summary>
    /// <exception cref="ModelException">Damaged, too large or not supported.</exception>
    public static IModel Import(ReadOnlyMemory<byte> file, string name) =>
        throw new NotImplementedException(name);

    /// <summary>Writes the `.cvm` artifact: re-opened, it has the same model root.</summary>
    public static void Save(IModel model, Stream destination) =>
        throw new NotImplementedException();
}
