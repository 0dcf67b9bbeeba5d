using System;
using System.IO;
using System.Text;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// A vocabulary at the end of an artifact: u8 kind (0 for none), u8 adds begin, u8 adds space,
/// i32 begin, i32 end (−1 for none), u32 count, per token u8 kind, f32 score, text; u32 merges,
/// text each. A text is u16 length and UTF-8. It is not part of the model root.
/// </summary>
internal static class VocabularyCodec
{
    public static byte[] Encode(Vocabulary? vocabulary)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write((byte)(vocabulary?.Kind ?? 0));
        if (vocabulary is not null)
        {
            writer.Write(vocabulary.AddsBegin);
            writer.Write(vocabulary.AddsSpace);
            writer.Write(vocabulary.Begin ?? -1);
            writer.Write(vocabulary.End ?? -1);
            writer.Write(vocabulary.Tokens.Length);
            for (int i = 0; i < vocabulary.Tokens.Length; i++)
            {
                writer.Write((byte)vocabulary.Kinds[i]);
                writer.Write(vocabulary.Scores.Length > 0 ? vocabulary.Scores[i] : 0f);
                WriteText(writer, vocabulary.Tokens[i]);
            }

            writer.Write(vocabulary.Merges.Length);
            foreach (string merge in vocabulary.Merges)
            {
                WriteText(writer, merge);
            }
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="ModelException">Cut off, or out of range.</exception>
    public static Vocabulary? Decode(byte[] bytes, ByteSource source)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        try
        {
            var kind = (VocabularyKind)reader.ReadByte();
            if (kind == 0)
            {
                return null;
            }

            bool addsBegin = reader.ReadBoolean();
            bool addsSpace = reader.ReadBoolean();
            int begin = reader.ReadInt32();
            int end = reader.ReadInt32();
            int count = ReadCount(reader, bytes.Length, source);
            if (kind > VocabularyKind.BytePair || begin < -1 || begin >= count || end < -1 ||
                end >= count)
            {
                throw source.Refuse("has a damaged vocabulary; import the model again");
            }

            string[] tokens = new string[count];
            var kinds = new PieceKind[count];
            float[] scores = new float[count];
            for (int i = 0; i < count; i++)
            {
                kinds[i] = (PieceKind)reader.ReadByte();
                scores[i] = reader.ReadSingle();
                tokens[i] = ReadText(reader);
            }

            string[] merges = new string[ReadCount(reader, bytes.Length, source)];
            for (int i = 0; i < merges.Length; i++)
            {
                merges[i] = ReadText(reader);
            }

            return new Vocabulary
            {
                Kind = kind,
                Tokens = tokens,
                Kinds = kinds,
                Scores = scores,
                Merges = merges,
                Begin = begin >= 0 ? begin : null,
                End = end >= 0 ? end : null,
                AddsBegin = addsBegin,
                AddsSpace = addsSpace,
            };
        }
        catch (EndOfStreamException)
        {
            throw source.Refuse("ends within its vocabulary; import the model again");
        }
    }

    private static int ReadCount(BinaryReader reader, int bytes, ByteSource source)
    {
        // Every text takes two bytes at least: the count is bounded by what is there.
        int count = reader.ReadInt32();
        return count >= 0 && count <= bytes / 2
            ? count
            : throw source.Refuse("has a damaged vocabulary; import the model again");
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        int length = Math.Min(utf8.Length, ushort.MaxValue);
        writer.Write((ushort)length);
        writer.Write(utf8, 0, length);
    }

    private static string ReadText(BinaryReader reader)
    {
        int length = reader.ReadUInt16();
        byte[] utf8 = reader.ReadBytes(length);
        return utf8.Length == length
            ? Encoding.UTF8.GetString(utf8)
            : throw new EndOfStreamException();
    }
}
