using System.Text;

namespace ComputeVoucher.Vouchers;

/// <summary>What a list of fields says, found once for each type.</summary>
internal static class FieldLayout<T>
    where T : struct, IFieldList<T>
{
    /// <summary>"type name" of each field, with commas between.</summary>
    public static readonly string Text;

    public static readonly int Count;

    public static readonly int PayloadBytes;

    static FieldLayout()
    {
        StringBuilder text = new();
        FieldCursor cursor = FieldCursor.Describe(text);
        T.Fields(ref cursor, default);
        (Text, Count, PayloadBytes) = (text.ToString(), cursor.Count, cursor.PayloadBytes);
    }
}
