using System;
using System.Buffers.Binary;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary>Shows the tokens of one answer as text, as they arrive.</summary>
internal sealed class TextStream
{
    private readonly byte[] _id = new byte[4];
    private readonly TokenText _text;
    private int _idBytes;

    public TextStream(Tokenizer tokenizer, string prompt)
    {
        _text = tokenizer.CreateText();
        foreach (int id in tokenizer.EncodePrompt(prompt))
        {
            _ = _text.Append(id);
        }

        Console.Out.Write(prompt);
        Console.Out.Flush();
    }

    /// <summary>Ids are 4 bytes each, and a frame may end within one.</summary>
    public void Show(ReadOnlyMemory<byte> bytes)
    {
        foreach (byte one in bytes.Span)
        {
            _id[_idBytes++] = one;
            if (_idBytes == _id.Length)
            {
                _idBytes = 0;
                Console.Out.Write(_text.Append(BinaryPrimitives.ReadInt32LittleEndian(_id)));
            }
        }

        Console.Out.Flush();
    }

    public void End() => Console.Out.WriteLine(_text.End());
}
