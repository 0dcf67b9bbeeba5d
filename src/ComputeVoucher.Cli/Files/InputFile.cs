using System;
using System.Collections.Generic;
using System.IO;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary>
/// A file that holds one input or, where inputs have one length, several in a row.
/// </summary>
internal sealed class InputFile
{
    /// <summary>Largest file read into memory: 100,000 inputs of a small classifier.</summary>
    private const long FileBytesMax = 1L << 30;

    private readonly List<ReadOnlyMemory<byte>> _inputs;

    private InputFile(List<ReadOnlyMemory<byte>> inputs) => _inputs = inputs;

    public int Count => _inputs.Count;

    public ReadOnlyMemory<byte> this[int index] => _inputs[index];

    /// <summary>Inputs that were made rather than read.</summary>
    public static InputFile Of(List<ReadOnlyMemory<byte>> inputs) => new(inputs);

    public static InputFile Load(string path, IModel model)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new CommandException($"{path}: no such input file (check the path)");
        }

        if (file.Length is 0 or > FileBytesMax)
        {
            throw new CommandException($"{path}: {file.Length} bytes of input; between 1 and "
                + $"{FileBytesMax} are wanted");
        }

        byte[] bytes = File.ReadAllBytes(path);
        bool fixedLength = model.InputBytesMin == model.InputBytesMax;
        int inputBytes = fixedLength ? model.InputBytesMax : bytes.Length;
        if (bytes.Length % inputBytes != 0)
        {
            throw new CommandException(
                $"{path}: {bytes.Length} bytes; the model takes {inputBytes} an input, so a "
                    + "multiple of that is wanted");
        }

        List<ReadOnlyMemory<byte>> inputs = [];
        for (int at = 0; at < bytes.Length; at += inputBytes)
        {
            inputs.Add(bytes.AsMemory(at, inputBytes));
        }

        return new InputFile(inputs);
    }
}
