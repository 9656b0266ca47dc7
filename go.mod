module flexform

go 1.26
