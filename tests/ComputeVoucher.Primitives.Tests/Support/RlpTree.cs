using System;
using System.Collections.Generic;
using System.Linq;

namespace ComputeVoucher.Primitives.Tests.Support;

/// <summary>An RLP item as a tree: <c>byte[]</c> or <c>object[]</c>.</summary>
internal static class RlpTree
{
    public static byte[] Encode(object item)
    {
        RlpWriter writer = new();
        Write(writer, item);
        return writer.ToArray();
    }

    /// <exception cref="FormatException">Not exactly one canonical item.</exception>
    public static object Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader reader = new(encoded);
        object item = Read(ref reader);
        reader.ExpectEnd();
        return item;
    }

    public static string Show(object item) => item is byte[] bytes
        ? Hex.Encode(bytes)
        : "[" + string.Join(',', ((object[])item).Select(Show)) + "]";

    private static void Write(RlpWriter writer, object item)
    {
        if (item is byte[] bytes)
        {
            writer.Write(bytes);
            return;
        }

        writer.BeginList();
        foreach (object member in (object[])item)
        {
            Write(writer, member);
        }

        writer.EndList();
    }

    private static object Read(ref RlpReader reader)
    {
        if (!reader.IsList)
        {
            return reader.ReadBytes().ToArray();
        }

        RlpReader list = reader.ReadList();
        List<object> members = [];
        while (!list.IsAtEnd)
        {
            members.Add(Read(ref list));
        }

        return members.ToArray();
    }
}
