using System;
using System.IO;
using ComputeVoucher.Execution;
using ComputeVoucher.Node.Cli;

namespace ComputeVoucher.Node.Commands;

/// <summary>A file that holds one input or, where inputs have one length, several in a row.</summary>
internal sealed class InputFile
{
    /// <summary>Largest file read into memory: 100,000 inputs of a small classifier.</summary>
    private const long FileBytesMax = 1L << 30;

    private readonly byte[] _bytes;
    private readonly int _inputBytes;

    private InputFile(byte[] bytes, int inputBytes) => (_bytes, _inputBytes) = (bytes, inputBytes);

    public int Count => _bytes.Length / _inputBytes;

    public ReadOnlyMemory<byte> this[int index] =>
        _bytes.AsMemory(checked(index * _inputBytes), _inputBytes);

    public static InputFile Load(string path, IModel model)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            throw new NodeException($"{path}: no such input file (check the path)");
        }

        if (file.Length is 0 or > FileBytesMax)
        {
            throw new NodeException($"{path}: {file.Length} bytes of input; between 1 and "
                + $"{FileBytesMax} are wanted");
        }

        byte[] bytes = File.ReadAllBytes(path);
        bool fixedLength = model.InputBytesMin == model.InputBytesMax;
        int inputBytes = fixedLength ? model.InputBytesMax : bytes.Length;
        return bytes.Length % inputBytes == 0
            ? new InputFile(bytes, inputBytes)
            : throw new NodeException($"{path}: {bytes.Length} bytes; the model takes {inputBytes} "
                + "an input, so a multiple of that is wanted");
    }
}
