-- ends: reader
vacuum (freeze);
