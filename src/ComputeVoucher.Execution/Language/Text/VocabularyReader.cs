using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>The vocabulary of a llama2.c tokenizer file, and what pieces look like.</summary>
internal static class VocabularyReader
{
    /// <summary>The piece of a space.</summary>
    public const char Space = '\u2581';

    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>A llama2.c tokenizer file; see <see cref="Tokenizer.OpenLlama2c"/>.</summary>
    /// <exception cref="ModelException">Lengths disagree, or a piece is no UTF-8.</exception>
    public static Vocabulary FromLlama2c(ByteSource source)
    {
        Span<byte> head = stackalloc byte[8];
        var tokens = new List<string>();
        var scores = new List<float>();
        var kinds = new List<PieceKind>();
        byte[] piece = new byte[Vocabulary.TokenBytesMax];
        source.Read(0, head[..4]);
        long at = 4;
        while (at < source.Length)
        {
            source.Read(at, head);
            int length = BinaryPrimitives.ReadInt32LittleEndian(head[4..]);
            if (length < 0 || length > piece.Length || tokens.Count >= LlamaShape.VocabMax)
            {
                throw source.Refuse($"is no llama2.c tokenizer: word {tokens.Count} has " +
                    $"{length} bytes");
            }

            source.Read(at + 8, piece.AsSpan(0, length));
            at += 8 + length;
            string text;
            try
            {
                text = s_utf8.GetString(piece, 0, length);
            }
            catch (DecoderFallbackException)
            {
                throw source.Refuse($"has word {tokens.Count} in something else than UTF-8");
            }

            PieceKind kind = KindOf(tokens.Count, text);
            kinds.Add(kind);
            scores.Add(BinaryPrimitives.ReadSingleLittleEndian(head));
            tokens.Add(kind == PieceKind.Normal ? text.Replace(' ', Space) : text);
        }

        return new Vocabulary
        {
            Kind = VocabularyKind.SentencePiece,
            Tokens = [.. tokens],
            Kinds = [.. kinds],
            Scores = [.. scores],
            Begin = tokens.Count > 1 ? 1 : null,
            End = tokens.Count > 2 ? 2 : null,
            AddsBegin = tokens.Count > 1,
            AddsSpace = true,
        };
    }

    /// <summary>The byte of a piece like "&lt;0x0A&gt;".</summary>
    public static bool TryByte(string piece, out byte value)
    {
        value = 0;
        return piece.Length == 6 && piece.StartsWith("<0x", StringComparison.Ordinal) &&
            piece[5] == '>' && byte.TryParse(
                piece.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier,
                System.Globalization.CultureInfo.InvariantCulture, out value);
    }

    private static PieceKind KindOf(int id, string text) => id switch
    {
        0 => PieceKind.Unknown,
        1 or 2 => PieceKind.Control,
        _ => TryByte(text, out _) ? PieceKind.Byte : PieceKind.Normal,
    };
}
